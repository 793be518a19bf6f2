import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Database, openDatabase } from '../database.ts'
import { temporaryDatabase } from '../testing.ts'
import { type AcceptanceRecord, acceptanceOf, condenseAcceptance, recordAcceptance } from './acceptance.ts'
import { registerTarget } from './targets.ts'
import { createTenant } from './tenants.ts'

let db: Database
let drop: () => Promise<void>
let targetId: string
let otherId: string
const at = new Date('2026-03-01T10:02:30Z')
const period = { from: new Date('2026-03-01T00:00:00Z'), to: new Date('2026-03-02T00:00:00Z') }

async function tenant(name: string) {
  const created = await createTenant(db, name)
  if (!created.ok) throw new Error(`tenant ${name} exists`)
  return created.tenant.id
}

let batches = 0
const add = (tenantId: string, at: Date, arms: readonly AcceptanceRecord[], id = `batch_${++batches}`, on?: string) =>
  recordAcceptance(db, { id, targetId: on ?? targetId, entries: [{ tenantId, at, arms }] })

const suffix: AcceptanceRecord = {
  arm: 'suffix',
  draftVersion: null,
  steps: 5,
  committedTokens: 12,
  proposed: [5, 4, 2],
  accepted: [4, 2, 1],
}
const none: AcceptanceRecord = { ...suffix, arm: 'none', steps: 3, committedTokens: 3, proposed: [], accepted: [] }
const adaptive: AcceptanceRecord = { ...suffix, arm: 'adaptive', draftVersion: 'drf_1' }

beforeAll(async () => {
  const temporary = await temporaryDatabase()
  db = openDatabase(temporary.url)
  drop = temporary.drop
  targetId = (await registerTarget(db, { name: 'small', fingerprint: 'f1', form: 'form' })).id
  otherId = (await registerTarget(db, { name: 'large', fingerprint: 'f2', form: 'form' })).id
})
afterAll(() => db.close().then(drop))

describe('acceptance statistics', () => {
  it('add up per arm, version, position and five-minute bucket', async () => {
    const tenantId = await tenant('adds')
    await add(tenantId, at, [suffix, none])
    await add(tenantId, new Date('2026-03-01T10:04:59Z'), [suffix])
    await add(tenantId, new Date('2026-03-01T10:05:00Z'), [suffix])
    const rows = await acceptanceOf(db, tenantId, period)
    const seen = rows.map((row) => [
      row.bucket.toISOString().slice(11, 16),
      row.arm,
      row.position,
      row.steps,
      row.committed,
      row.proposed,
      row.accepted,
    ])
    expect(seen).toEqual([
      ['10:00', 'none', 0, 3, 3, 0, 0],
      ['10:00', 'suffix', 0, 10, 24, 10, 8],
      ['10:00', 'suffix', 1, 0, 0, 8, 4],
      ['10:00', 'suffix', 2, 0, 0, 4, 2],
      ['10:05', 'suffix', 0, 5, 12, 5, 4],
      ['10:05', 'suffix', 1, 0, 0, 4, 2],
      ['10:05', 'suffix', 2, 0, 0, 2, 1],
    ])
  })

  it('lose nothing and never deadlock under concurrent requests that list arms in any order', async () => {
    const tenantId = await tenant('concurrent')
    const orders = [
      [suffix, none, adaptive],
      [adaptive, none, suffix],
      [none, adaptive, suffix],
    ]
    await Promise.all(Array.from({ length: 60 }, (_, i) => add(tenantId, at, orders[i % 3] ?? [])))
    const rows = await acceptanceOf(db, tenantId, period)
    const total = (arm: string) => rows.filter((row) => row.arm === arm).reduce((sum, row) => sum + row.proposed, 0)
    expect([total('suffix'), total('adaptive'), total('none')]).toEqual([660, 660, 0])
  })

  it('take one arm reported twice in one request', async () => {
    const tenantId = await tenant('twice')
    await add(tenantId, at, [suffix, suffix])
    expect((await acceptanceOf(db, tenantId, period))[0]).toMatchObject({ steps: 10, proposed: 10 })
  })

  it('write nothing for a request that ran no step, and show a tenant its own rows only', async () => {
    const [mine, theirs] = [await tenant('mine'), await tenant('theirs')]
    await add(mine, at, [])
    await add(theirs, at, [suffix])
    expect(await acceptanceOf(db, mine, period)).toEqual([])
  })

  it('count a batch once, however often and concurrently it is written', async () => {
    const tenantId = await tenant('retried')
    await Promise.all(Array.from({ length: 8 }, () => add(tenantId, at, [suffix], 'batch_retried')))
    await add(tenantId, at, [suffix], 'batch_retried')
    expect((await acceptanceOf(db, tenantId, period))[0]).toMatchObject({ steps: 5, proposed: 5 })
  })

  it('add those of many tenants at once, and leave out who is gone', async () => {
    const tenants = await Promise.all(['one', 'two'].map(tenant))
    const entries = [...tenants, 'ten_gone'].map((tenantId) => ({ tenantId, at, arms: [suffix] }))
    await recordAcceptance(db, { id: 'batch_many', targetId, entries })
    for (const id of tenants) expect((await acceptanceOf(db, id, period))[0]).toMatchObject({ steps: 5 })
  })

  it('are of one target each, whichever the arm', async () => {
    const tenantId = await tenant('two-targets')
    await add(tenantId, at, [suffix])
    await add(tenantId, at, [{ ...suffix, steps: 7 }], 'batch_elsewhere', otherId)
    const first = (await acceptanceOf(db, tenantId, period)).filter(({ position }) => position === 0)
    const steps = new Map(first.map((row) => [row.targetId, row.steps]))
    expect([steps.get(targetId), steps.get(otherId)]).toEqual([5, 7])
  })

  it('become hours in time, with the same sums', async () => {
    const tenantId = await tenant('old')
    for (const minute of [0, 7, 12, 59]) await add(tenantId, new Date(at.getTime() + (minute - 2) * 60_000), [suffix])
    const sums = async () => {
      const rows = await acceptanceOf(db, tenantId, period)
      const of = (pick: (row: (typeof rows)[number]) => number) => rows.reduce((sum, row) => sum + pick(row), 0)
      return { rows: rows.length, sums: [of((row) => row.steps), of((row) => row.proposed), of((row) => row.accepted)] }
    }
    const fine = await sums()
    expect(fine.rows).toBe(12)
    expect(await condenseAcceptance(db, new Date('2026-03-01T10:30:00Z'))).toBe(0)
    expect(await condenseAcceptance(db, new Date('2026-03-01T11:00:00Z'))).toBeGreaterThan(8)
    expect(await sums()).toEqual({ ...fine, rows: 3 })
    expect(await condenseAcceptance(db, new Date('2026-03-01T11:00:00Z'))).toBe(0)
  })
})
