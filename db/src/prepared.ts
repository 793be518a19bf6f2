import { fillPlaceholders, type SQL } from 'drizzle-orm'
import { PgDialect } from 'drizzle-orm/pg-core'
import type pg from 'pg'
import type { Database } from './database.ts'
import { guarded } from './errors.ts'

/** A pool, or one connection of it within a transaction. */
export type Connection = Pick<pg.Pool, 'query'>

/**
 * A statement that each connection parses once and soon plans no more: for those that requests wait for, where planning
 * takes longer than running. Its `sql.placeholder`s are filled by name.
 */
export function prepared<Row extends pg.QueryResultRow>(name: string, statement: SQL) {
  const { sql: text, params } = new PgDialect().sqlToQuery(statement)
  return async (connection: Connection, values: Readonly<Record<string, unknown>>): Promise<Row[]> => {
    const { rows } = await connection.query<Row>({ name, text, values: fillPlaceholders(params, { ...values }) })
    return rows
  }
}

/**
 * Planning a statement anew for its parameters takes many times what running it does; and a plan that was made while
 * tables were empty must not read all of them when they are not.
 */
const BEGIN = 'begin; set local plan_cache_mode = force_generic_plan; set local enable_seqscan = off'

/** Runs several statements as one, on a connection of their own. What they throw leaves as a `DatabaseError`. */
export function transaction<T>(db: Database, operation: string, run: (client: Connection) => Promise<T>): Promise<T> {
  return guarded(operation, async () => {
    const client = await db.pool.connect()
    try {
      await client.query(BEGIN)
      const result = await run(client)
      await client.query('commit')
      client.release()
      return result
    } catch (error) {
      // A connection that can't even roll back is of no more use.
      const broken = await client.query('rollback').then(
        () => undefined,
        (cause: unknown) => cause,
      )
      client.release(broken !== undefined)
      throw error
    }
  })
}

/** A long result page by page, as one statement saw it: the database computes it once, and nobody holds all of it. */
export async function* pages<Row extends pg.QueryResultRow>(
  db: Database,
  operation: string,
  statement: SQL,
  rowsMax: number,
): AsyncGenerator<readonly Row[]> {
  const { sql: text, params } = new PgDialect().sqlToQuery(statement)
  const client = await guarded(operation, () => db.pool.connect())
  let broken = true
  try {
    await guarded(operation, () => client.query('begin read only'))
    await guarded(operation, () => client.query(`declare page cursor for ${text}`, params))
    for (;;) {
      const { rows } = await guarded(operation, () => client.query<Row>(`fetch ${rowsMax} from page`))
      if (rows.length === 0) break
      yield rows
    }
    await guarded(operation, () => client.query('commit'))
    broken = false
  } finally {
    // One that was left in the middle goes, with its cursor.
    client.release(broken)
  }
}
