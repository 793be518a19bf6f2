import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { drizzle } from 'drizzle-orm/node-postgres'
import { migrate as applyMigrations } from 'drizzle-orm/node-postgres/migrator'
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

/** Brings a database to where the platform was before this migration. */
async function migrateUntil(url: string, tag: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'foretoken-migrations-'))
  cpSync(fileURLToPath(new URL('../migrations', import.meta.url)), folder, { recursive: true })
  const file = join(folder, 'meta', '_journal.json')
  const journal = JSON.parse(readFileSync(file, 'utf8'))
  const end = journal.entries.findIndex((entry: { tag: string }) => entry.tag.endsWith(tag))
  writeFileSync(file, JSON.stringify({ ...journal, entries: journal.entries.slice(0, end) }))
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await applyMigrations(drizzle(client), { migrationsFolder: folder }).finally(() => client.end())
  rmSync(folder, { recursive: true })
}

describe('migrate', () => {
  it('builds every table from an empty database, and does nothing the second time', async () => {
    const { url } = await emptyDatabase()
    await migrate(url)
    const names = (await query(url, TABLES)).map((row) => row.table_name)
    expect(names).toEqual([
      'acceptance_batches',
      'acceptance_stats',
      'admin_keys',
      'api_keys',
      'audit_head',
      'audit_log',
      'decisions',
      'draft_versions',
      'leases',
      'open_requests',
      'processes',
      'requests',
      'tenants',
      'training_runs',
    ])
    const applied = await query(url, 'select * from drizzle.__drizzle_migrations')
    await migrate(url)
    expect(await query(url, 'select * from drizzle.__drizzle_migrations')).toEqual(applied)
  })

  it('leaves keys of before what they could do, and tenants that were revoked without access', async () => {
    const { url } = await emptyDatabase()
    await migrateUntil(url, '_keys')
    await query(
      url,
      "insert into tenants (id, name, status) values ('ten_a', 'a', 'active'), ('ten_b', 'b', 'revoked')",
    )
    await query(
      url,
      "insert into api_keys (id, tenant_id, name, secret_hmac, shown_start, last_four) values ('key_a', 'ten_a', 'k', '', '', '')",
    )
    await migrate(url)
    const [key] = await query(url, 'select scopes, expires_at from api_keys')
    expect(key).toEqual({ scopes: ['inference'], expires_at: null })
    expect(await query(url, 'select status from tenants order by id')).toEqual([
      { status: 'active' },
      { status: 'disabled' },
    ])
  })

  it('lets processes that start together migrate one after the other', async () => {
    const { url } = await emptyDatabase()
    await Promise.all(Array.from({ length: 6 }, () => migrate(url)))
    expect(await query(url, TABLES)).toHaveLength(14)
  })

  it('names the failure of an unreachable server without its password', async () => {
    const failure = migrate('postgresql://someone:hunter2@127.0.0.1:1/nowhere')
    await expect(failure).rejects.toMatchObject({ code: 'ECONNREFUSED', retryable: true })
    await expect(failure).rejects.not.toThrow(/hunter2/)
  })
})
