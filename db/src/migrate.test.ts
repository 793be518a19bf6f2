import pg from 'pg'
import { afterEach, describe, expect, it } from 'vitest'
import { migrate } from './migrate.ts'
import { temporaryDatabase } from './testing.ts'

async function query(url: string, text: string) {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  return (await client.query(text).finally(() => client.end())).rows
}

const TABLES = `select table_name from information_schema.tables where table_schema = 'public' order by 1`

const dropping: (() => Promise<void>)[] = []
afterEach(() => Promise.all(dropping.splice(0).map((drop) => drop())))
async function emptyDatabase() {
  const database = await temporaryDatabase({ migrated: false })
  dropping.push(database.drop)
  return database
}

describe('migrate', () => {
  it('builds every table from an empty database, and does nothing the second time', async () => {
    const { url } = await emptyDatabase()
    await migrate(url)
    const names = (await query(url, TABLES)).map((row) => row.table_name)
    expect(names).toEqual([
      'acceptance_batches',
      'acceptance_stats',
      'accounts',
      'api_keys',
      'billing_periods',
      'decisions',
      'draft_versions',
      'idempotency_keys',
      'leases',
      'ledger',
      'open_requests',
      'prices',
      'processes',
      'requests',
      'reservations',
      'tenants',
      'training_runs',
    ])
    const applied = await query(url, 'select * from drizzle.__drizzle_migrations')
    await migrate(url)
    expect(await query(url, 'select * from drizzle.__drizzle_migrations')).toEqual(applied)
  })

  it('lets processes that start together migrate one after the other', async () => {
    const { url } = await emptyDatabase()
    await Promise.all(Array.from({ length: 6 }, () => migrate(url)))
    expect(await query(url, TABLES)).toHaveLength(17)
  })

  it('names the failure of an unreachable server without its password', async () => {
    const failure = migrate('postgresql://someone:hunter2@127.0.0.1:1/nowhere')
    await expect(failure).rejects.toMatchObject({ code: 'ECONNREFUSED', retryable: true })
    await expect(failure).rejects.not.toThrow(/hunter2/)
  })
})
