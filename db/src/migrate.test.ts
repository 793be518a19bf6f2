import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { drizzle } from 'drizzle-orm/node-postgres'
import { migrate as applyMigrations } from 'drizzle-orm/node-postgres/migrator'
import pg from 'pg'
import { afterEach, describe, expect, it } from 'vitest'
import { openDatabase } from './database.ts'
import { migrate } from './migrate.ts'
import { adoptDraft, draftsWithoutTarget } from './queries/draft-targets.ts'
import { acceptanceByVersion, liveDraftVersion } from './queries/drafts.ts'
import { checkBooks } from './queries/invariants.ts'
import { registerTarget } from './queries/targets.ts'
import { latestTrainingRuns } from './queries/training-runs.ts'
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
      'admin_keys',
      'api_keys',
      'audit_head',
      'audit_log',
      'billing_periods',
      'decisions',
      'draft_trials',
      'draft_versions',
      'idempotency_keys',
      'leases',
      'ledger',
      'open_requests',
      'prices',
      'processes',
      'requests',
      'reservations',
      'stored_responses',
      'targets',
      'tenants',
      'training_runs',
      'trial_witnesses',
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
    expect(await query(url, TABLES)).toHaveLength(24)
  })

  it('names the failure of an unreachable server without its password', async () => {
    const failure = migrate('postgresql://someone:hunter2@127.0.0.1:1/nowhere')
    await expect(failure).rejects.toMatchObject({ code: 'ECONNREFUSED', retryable: true })
    await expect(failure).rejects.not.toThrow(/hunter2/)
  })
})

/** Everything up to the migration that is called so, as a platform of before left its database. */
async function migrateUntil(url: string, name: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'foretoken-migrations-'))
  cpSync(fileURLToPath(new URL('../migrations', import.meta.url)), folder, { recursive: true })
  const file = join(folder, 'meta', '_journal.json')
  const journal: { entries: { tag: string }[] } = JSON.parse(readFileSync(file, 'utf8'))
  const entries = journal.entries.slice(
    0,
    journal.entries.findIndex(({ tag }) => tag.endsWith(name)),
  )
  writeFileSync(file, JSON.stringify({ ...journal, entries }))
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await applyMigrations(drizzle(client), { migrationsFolder: folder }).finally(() => client.end())
  rmSync(folder, { recursive: true })
}

const OLD_ROWS = `
  insert into tenants (id, name) values ('ten_a', 'a');
  insert into api_keys (id, tenant_id, name, secret_hmac, shown_start, last_four)
    values ('key_a', 'ten_a', 'k', '\\x00', 'ftk_', '0000');
  insert into requests (id, tenant_id, key_id, model, endpoint, started_at, finished_at, prompt_tokens, cached_tokens,
    completion_tokens, status, stream)
    values ('req_a', 'ten_a', 'key_a', 'm', 'completions', now(), now(), 1, 0, 1, 'completed', false);
  insert into draft_versions (id, tenant_id, arm, version, content_hash, state, artifact_uri)
    values ('adp_1', 'ten_a', 'adaptive', 1, '00', 'retired', 'adapters/ten_a/adp_1'),
      ('adp_2', 'ten_a', 'adaptive', 2, '00', 'live', 'adapters/ten_a/adp_2');
  insert into training_runs (id, tenant_id, trigger) values ('trn_a', 'ten_a', 'tokens');
  insert into acceptance_stats (tenant_id, arm, draft_version, position, bucket, steps, committed, proposed, accepted)
    values ('ten_a', 'adaptive', 'adp_2', 0, now(), 5, 9, 5, 4)`

it('a database of before targets were told apart goes on as it was, once its target is served again', async () => {
  const { url } = await emptyDatabase()
  await migrateUntil(url, '_targets')
  await query(url, OLD_ROWS)
  await migrate(url)
  const db = openDatabase(url)
  try {
    const { id: targetId } = await registerTarget(db, { name: 'm', fingerprint: 'f1', form: 'form' })
    expect(await latestTrainingRuns(db, 'ten_a', 9)).toMatchObject([{ id: 'trn_a', state: 'queued', targetId }])
    expect(await acceptanceByVersion(db, 'ten_a')).toMatchObject([{ targetId, draftVersion: 'adp_2', steps: 5 }])
    const drafts = await draftsWithoutTarget(db)
    expect(drafts.map(({ id }) => id).sort()).toEqual(['adp_1', 'adp_2'])
    expect(await liveDraftVersion(db, { tenantId: 'ten_a', targetId })).toBeNull()
    expect(await checkBooks(db)).toEqual([])
    expect((await db.pool.query('select request_id, total_nano from ledger')).rows).toEqual([
      { request_id: 'req_a', total_nano: '0' },
    ])
    for (const draft of drafts) await adoptDraft(db, draft, targetId)
    expect(await liveDraftVersion(db, { tenantId: 'ten_a', targetId })).toMatchObject({ id: 'adp_2', version: 2 })
  } finally {
    await db.close()
  }
})
