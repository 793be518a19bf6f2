import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  claimTrainingRun,
  createCandidate,
  createTenant,
  type Database,
  forgetTenant,
  newId,
  openDatabase,
  orderTrainingRun,
  registerTarget,
} from '@foretoken/db'
import { temporaryDatabase } from '@foretoken/db/testing'
import { type ObjectStore, openObjectStore } from '@foretoken/storage'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type AdapterFolder, collectOrphans, decideOrphans, ORPHAN_RULES, type OrphanFacts } from './orphans.ts'

const HOUR_MS = 3_600_000

describe('the decision what belongs to nobody', () => {
  const facts: OrphanFacts = {
    registered: new Set(['adapters/ten_a/adp_1']),
    tenants: new Set(['ten_a', 'ten_b']),
    forgottenMs: new Map(),
    training: new Set(['ten_b']),
  }
  const folder = (tenant: string, id: string, writtenMs: number): AdapterFolder => {
    return { tenant, key: `adapters/${tenant}/${id}`, writtenMs }
  }
  const decide = (folders: readonly AdapterFolder[], rules = { marginMs: 100, foldersMax: 10 }) =>
    decideOrphans(folders, facts, 1_000, rules).map(({ key }) => key)

  it('is about old files that no row names, of a known tenant without a run', () => {
    expect(decide([folder('ten_a', 'adp_2', 899)])).toEqual(['adapters/ten_a/adp_2'])
    expect(decide([folder('ten_a', 'adp_1', 0)])).toEqual([])
    expect(decide([folder('ten_b', 'adp_3', 0)])).toEqual([])
    expect(decide([folder('ten_z', 'adp_4', 0)])).toEqual([])
  })

  it('leaves what is within the margin, what has a later date than now, and what has none', () => {
    const young = [900, 2_000, Number.POSITIVE_INFINITY]
    expect(decide(young.map((writtenMs) => folder('ten_a', 'adp_2', writtenMs)))).toEqual([])
  })

  it('is about young files, too, where their tenant asked to be forgotten since', () => {
    const forgotten = { ...facts, forgottenMs: new Map([['ten_a', 980]]) }
    const folders = [folder('ten_a', 'adp_2', 979), folder('ten_a', 'adp_3', 980), folder('ten_a', 'adp_1', 0)]
    const orphans = decideOrphans(folders, forgotten, 1_000, { marginMs: 100, foldersMax: 10 })
    expect(orphans.map(({ key }) => key)).toEqual(['adapters/ten_a/adp_2'])
  })

  it('takes so many at once and no more', () => {
    const folders = [2, 3, 4].map((id) => folder('ten_a', `adp_${id}`, 0))
    expect(decide(folders, { marginMs: 100, foldersMax: 2 })).toEqual(['adapters/ten_a/adp_2', 'adapters/ten_a/adp_3'])
  })

  it('never names what is registered, foreign, in training or young, whatever there is', () => {
    const id = fc.integer({ min: 1, max: 3 }).map((each) => `adp_${each}`)
    const folders = fc.array(fc.record({ tenant: fc.constantFrom('ten_a', 'ten_b', 'ten_z'), id, at: fc.nat(2_000) }))
    fc.assert(
      fc.property(folders, (all) => {
        const given = all.map((each) => folder(each.tenant, each.id, each.at))
        for (const each of decideOrphans(given, facts, 1_000, { marginMs: 100, foldersMax: 10 })) {
          expect(each.tenant).toBe('ten_a')
          expect(each.key).not.toBe('adapters/ten_a/adp_1')
          expect(each.writtenMs).toBeLessThan(900)
        }
      }),
    )
  })
})

describe('collecting orphans', () => {
  let db: Database
  let drop: () => Promise<void>
  let targetId: string
  let folder: string
  let store: ObjectStore
  beforeEach(async () => {
    const temporary = await temporaryDatabase()
    db = openDatabase(temporary.url)
    drop = temporary.drop
    targetId = (await registerTarget(db, { name: 'm', fingerprint: 'f1', form: 'form' })).id
    folder = mkdtempSync(join(tmpdir(), 'foretoken-orphans-'))
    store = openObjectStore(pathToFileURL(folder).href)
  })
  afterEach(async () => {
    await db.close().then(drop)
    rmSync(folder, { recursive: true })
  })

  async function tenant(name: string): Promise<string> {
    const created = await createTenant(db, name)
    if (!created.ok) throw new Error('name taken')
    return created.tenant.id
  }

  /** Two files of an adapter, and its row where somebody wrote it. */
  async function adapter(tenantId: string, registered: boolean): Promise<string> {
    const id = newId('adapter')
    const key = `adapters/${tenantId}/${id}`
    for (const name of ['adapter_config.json', 'adapter_model.safetensors']) {
      await store.put(`${key}/${name}`, new Uint8Array(1))
    }
    if (registered) await createCandidate(db, { id, tenantId, targetId, contentHash: 'ab', artifactUri: key })
    return key
  }

  async function stored(): Promise<string[]> {
    const folders = new Set<string>()
    for await (const { key } of store.list('')) folders.add(key.slice(0, key.lastIndexOf('/')))
    return [...folders].sort()
  }

  const later = (ms = ORPHAN_RULES.marginMs + HOUR_MS) => Date.now() + ms

  it('deletes what no row names after an hour, and nothing else in the store', async () => {
    const owner = await tenant('owner')
    const [kept, orphan] = [await adapter(owner, true), await adapter(owner, false)]
    const foreign = await adapter('ten_elsewhere', false)
    await store.put(`traces/${owner}/a`, new Uint8Array(1))
    await store.put(`adapters/${owner}/loose`, new Uint8Array(1))
    const before = await stored()
    expect(before).toEqual([`adapters/${owner}`, foreign, kept, orphan, `traces/${owner}`].sort())
    expect(await collectOrphans(db, store, later(-HOUR_MS))).toBe(0)
    expect(await stored()).toEqual(before)
    expect(await collectOrphans(db, store, later())).toBe(1)
    expect(await stored()).toEqual(before.filter((key) => key !== orphan))
    expect(await collectOrphans(db, store, later())).toBe(0)
  })

  it('leaves what a run under way may be about to register, however old, and takes it when the run is over', async () => {
    const owner = await tenant('owner')
    const orphan = await adapter(owner, false)
    await orderTrainingRun(db, { tenantId: owner, targetId }, 'tokens')
    await claimTrainingRun(db, { trainer: 'trn_1', targetId, leaseMs: 60_000, attemptsMax: 3 })
    expect(await collectOrphans(db, store, later(1_000 * HOUR_MS))).toBe(0)
    expect(await stored()).toEqual([orphan])
    await db.pool.query("update training_runs set state = 'failed', finished_at = now()")
    expect(await collectOrphans(db, store, later())).toBe(1)
    expect(await stored()).toEqual([])
  })

  it('leaves what gets its row while it looks', async () => {
    const owner = await tenant('owner')
    const id = newId('adapter')
    const key = `adapters/${owner}/${id}`
    const late: ObjectStore = {
      get: (name) => store.get(name),
      put: (...put) => store.put(...put),
      delete: (name) => store.delete(name),
      async *list(prefix) {
        yield* store.list(prefix)
        await createCandidate(db, { id, tenantId: owner, targetId, contentHash: 'ab', artifactUri: key })
      },
    }
    await store.put(`${key}/adapter_model.safetensors`, new Uint8Array(1))
    expect(await collectOrphans(db, late, later())).toBe(0)
    expect(await stored()).toEqual([key])
  })

  it('finishes the deletion of a tenant’s adapters that was cut short', async () => {
    const owner = await tenant('forgotten')
    await adapter(owner, true)
    await forgetTenant(db, owner)
    expect(await collectOrphans(db, store, later())).toBe(1)
    expect(await stored()).toEqual([])
  })
})
