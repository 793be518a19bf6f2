import type { Database } from '@foretoken/db'

/**
 * The same database over connections that break at their first commit: before it is done, or after, when nobody hears
 * of it.
 */
export function breakingDatabase(db: Database): (when: 'before' | 'after') => Database {
  return (when) => {
    const connect = async () => {
      const client = await db.pool.connect()
      client.on('error', () => undefined)
      const query = async (...statement: unknown[]) => {
        if (statement[0] !== 'commit') return Reflect.apply(client.query, client, statement)
        if (when === 'after') await client.query('commit')
        else await client.query('select pg_terminate_backend(pg_backend_pid())').catch(() => undefined)
        throw Object.assign(new Error('Connection terminated unexpectedly'), { code: 'ECONNRESET' })
      }
      return Object.assign(Object.create(client), { query, release: (broken = true) => client.release(broken) })
    }
    return { ...db, pool: Object.assign(Object.create(db.pool), { connect }) }
  }
}
