import { fileURLToPath } from 'node:url'
import { drizzle } from 'drizzle-orm/node-postgres'
import { migrate as applyMigrations } from 'drizzle-orm/node-postgres/migrator'
import pg from 'pg'
import { guarded } from './errors.ts'

const MIGRATIONS_FOLDER = fileURLToPath(new URL('../migrations', import.meta.url))

/** Any constant will do, as long as nothing else in the database locks it. */
const ADVISORY_LOCK = 5_746_303_211

/**
 * Brings the database to the newest schema; a no-op where it is. Every process may call it at start: the first takes
 * a session lock, the others wait for it and find nothing left to do. The lock goes with the connection, so a process
 * that dies half-way blocks nobody, and all pending migrations commit together or not at all.
 */
export async function migrate(url: string): Promise<void> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 10_000,
    application_name: 'foretoken migrate',
  })
  await guarded('migrate', async () => {
    try {
      await client.connect()
      await client.query('select pg_advisory_lock($1)', [ADVISORY_LOCK])
      await applyMigrations(drizzle(client), { migrationsFolder: MIGRATIONS_FOLDER })
    } finally {
      await client.end().catch(() => undefined)
    }
  })
}
