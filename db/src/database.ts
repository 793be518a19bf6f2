import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres'
import pg from 'pg'
import { type Actor, SYSTEM } from './audit/actor.ts'
import { DatabaseError } from './errors.ts'

export interface Database {
  readonly pool: pg.Pool
  readonly drizzle: NodePgDatabase
  /** On whose behalf it is written to, for the audit log: see `actingAs`. */
  readonly actor: Actor
  /** Waits for running queries, then closes every connection. Calling it again is harmless. */
  close(): Promise<void>
}

export interface DatabaseOptions {
  readonly connectionsMax?: number
  /** Absent: the platform itself. */
  readonly actor?: Actor
  /** A connection that nobody was using broke; the pool replaces it. Without a listener it would end the process. */
  readonly onIdleError?: (error: DatabaseError) => void
}

/** Opens a pool; connects on first use, so a wrong URL shows with the first query. */
export function openDatabase(url: string, options: DatabaseOptions = {}): Database {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.connectionsMax ?? 10,
    connectionTimeoutMillis: 5_000,
    application_name: 'foretoken',
  })
  pool.on('error', (error) => options.onIdleError?.(DatabaseError.from('idle connection', error)))
  // One that breaks in use fails its next query; between two of a transaction nobody else listens, and the process would end.
  pool.on('connect', (client) => client.on('error', () => undefined))
  let closing: Promise<void> | undefined
  return {
    pool,
    drizzle: drizzle(pool),
    actor: options.actor ?? SYSTEM,
    close: () => {
      closing ??= pool.end()
      return closing
    },
  }
}

/** The same database on somebody's behalf: what is changed through it, the audit log says was changed by them. */
export function actingAs(db: Database, actor: Actor): Database {
  return { ...db, actor }
}
