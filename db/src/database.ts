import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres'
import pg from 'pg'
import { DatabaseError } from './errors.ts'

export interface Database {
  readonly pool: pg.Pool
  readonly drizzle: NodePgDatabase
  /** Waits for running queries, then closes every connection. Calling it again is harmless. */
  close(): Promise<void>
}

export interface DatabaseOptions {
  readonly connectionsMax?: number
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
  let closing: Promise<void> | undefined
  return {
    pool,
    drizzle: drizzle(pool),
    close: () => {
      closing ??= pool.end()
      return closing
    },
  }
}
