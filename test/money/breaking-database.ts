import type { Database } from '@foretoken/db'
import type pg from 'pg'

/** The same database over connections that break at their first commit: before it is done, or after, when nobody hears of it. */
export function breakingDatabase(db: Database): (when: 'before' | 'after') => Database {
  return (when) => {
    const connect = async () => {
      const client = await db.pool.connect()
      const query = async (statement: string | pg.QueryConfig, values?: unknown[]) => {
        if (statement !== 'commit') return client.query(statement, values)
        if (when === 'after') await client.query('commit')
        else await client.query('select pg_terminate_backend(pg_backend_pid())').catch(() => undefined)
        throw Object.assign(new Error('Connection terminated unexpectedly'), { code: 'ECONNRESET' })
      }
      client.on('error', () => undefined)
      return Object.assign(Object.create(client), {
        query,
        release: (broken?: boolean) => client.release(broken ?? true),
      })
    }
    return { ...db, pool: Object.assign(Object.create(db.pool), { connect }) }
  }
}
