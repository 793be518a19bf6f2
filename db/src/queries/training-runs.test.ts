import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Database, openDatabase } from '../database.ts'
import { newId } from '../ids.ts'
import { temporaryDatabase } from '../testing.ts'
import { listDraftVersions, liveDraftVersion } from './drafts.ts'
import { forgetTenant } from './forget.ts'
import { createTenant } from './tenants.ts'
import {
  beatTrainingRun,
  claimTrainingRun,
  finishTrainingRun,
  releaseTrainingRun,
  type TrainingResult,
} from './training-leases.ts'
import { findTrainingRun, latestTrainingRuns, orderTrainingRun, type TrainingRun } from './training-runs.ts'

let db: Database
let drop: () => Promise<void>
let names = 0

beforeAll(async () => {
  const temporary = await temporaryDatabase()
  db = openDatabase(temporary.url)
  drop = temporary.drop
})
afterAll(() => db.close().then(drop))
beforeEach(() => db.pool.query('delete from training_runs'))

async function tenant(): Promise<string> {
  const created = await createTenant(db, `trained-${names++}`)
  if (!created.ok) throw new Error('name taken')
  return created.tenant.id
}

const claim = (trainer: string, leaseMs = 60_000, attemptsMax = 3) =>
  claimTrainingRun(db, { trainer, leaseMs, attemptsMax })

async function claimed(trainer: string, leaseMs?: number): Promise<TrainingRun> {
  const run = await claim(trainer, leaseMs)
  if (!run) throw new Error('there was no run to claim')
  return run
}

const leaseOf = ({ id, trainer, attempts }: TrainingRun) => ({ runId: id, trainer: trainer ?? '', attempt: attempts })

/** As if so much time had passed since the last heartbeat. */
const age = (ms: number) =>
  db.pool.query(`update training_runs set heartbeat_at = heartbeat_at - $1 * interval '1 millisecond'`, [ms])

function result(tenantId: string, changes: Partial<TrainingResult> = {}): TrainingResult {
  const id = newId('adapter')
  return {
    state: 'promoted',
    reason: 'Better by a quarter.',
    tokens: 5_000,
    tracesUntil: 'traces/x',
    baseline: { acceptanceLength: 1.4 },
    candidate: { acceptanceLength: 1.9 },
    draft: { id, tenantId, contentHash: 'cd', artifactUri: `adapters/${tenantId}/${id}` },
    ...changes,
  }
}

describe('training runs', () => {
  it('are open once per tenant, however many ask, and an order outranks a trigger', async () => {
    const owner = await tenant()
    const orders = await Promise.all(Array.from({ length: 6 }, () => orderTrainingRun(db, owner, 'tokens')))
    expect(orders.filter(({ created }) => created)).toHaveLength(1)
    expect(new Set(orders.map(({ run }) => run.id)).size).toBe(1)
    expect((await orderTrainingRun(db, owner, 'ordered')).run.trigger).toBe('ordered')
    expect((await orderTrainingRun(db, owner, 'tokens')).run.trigger).toBe('ordered')
  })

  it('go to one trainer each, ordered ones first', async () => {
    const owners = await Promise.all(Array.from({ length: 6 }, tenant))
    for (const owner of owners) await orderTrainingRun(db, owner, 'tokens')
    await orderTrainingRun(db, owners[5] ?? '', 'ordered')
    expect((await claimed('trn-0')).tenantId).toBe(owners[5])
    const runs = await Promise.all(Array.from({ length: 8 }, (_, i) => claim(`trn-${i}`)))
    const ids = runs.flatMap((run) => run?.id ?? [])
    expect(ids).toHaveLength(5)
    expect(new Set(ids).size).toBe(5)
  })

  it('are taken up again when their trainer is gone, which then can write nothing more of them', async () => {
    const owner = await tenant()
    await orderTrainingRun(db, owner, 'tokens')
    const lost = await claimed('killed')
    expect(await claim('other')).toBeNull()
    expect(await beatTrainingRun(db, leaseOf(lost), { phase: 'training', progress: 0.5 })).toBe(true)
    await age(61_000)
    const again = await claimed('other')
    expect(again).toMatchObject({ id: lost.id, attempts: 2, trainer: 'other', progress: null })
    expect(await beatTrainingRun(db, leaseOf(lost), null)).toBe(false)
    expect(await finishTrainingRun(db, owner, leaseOf(lost), result(owner))).toBe(false)
    expect(await listDraftVersions(db, owner)).toEqual([])
    expect(await finishTrainingRun(db, owner, leaseOf(again), result(owner))).toBe(true)
    expect(await liveDraftVersion(db, owner)).toMatchObject({ version: 1, reason: 'Better by a quarter.' })
  })

  it('fail when they end every trainer that takes them up', async () => {
    await orderTrainingRun(db, await tenant(), 'tokens')
    for (let attempt = 0; attempt < 3; attempt++) {
      expect((await claimed(`killed-${attempt}`)).attempts).toBe(attempt + 1)
      await age(61_000)
    }
    expect(await claim('careful')).toBeNull()
    const { rows } = await db.pool.query('select state, reason from training_runs')
    expect(rows).toEqual([{ state: 'failed', reason: expect.stringContaining('3 times') }])
  })

  it('are given back by a trainer that is told to stop, and cost no attempt', async () => {
    await orderTrainingRun(db, await tenant(), 'tokens')
    const run = await claimed('stopping')
    await releaseTrainingRun(db, leaseOf(run))
    expect(await claimed('next')).toMatchObject({ id: run.id, attempts: 1 })
  })

  it('end with their figures and the draft they made, live or rejected', async () => {
    const owner = await tenant()
    for (const state of ['promoted', 'rejected', 'skipped'] as const) {
      await orderTrainingRun(db, owner, 'tokens')
      const ended = result(owner, { state, ...(state === 'skipped' && { draft: null, candidate: null }) })
      expect(await finishTrainingRun(db, owner, leaseOf(await claimed('one')), ended)).toBe(true)
    }
    const runs = await latestTrainingRuns(db, owner, 2)
    expect(runs.map(({ state }) => state)).toEqual(['skipped', 'rejected'])
    expect(runs[1]).toMatchObject({
      tokens: 5_000,
      candidate: { acceptanceLength: 1.9 },
      draftId: expect.stringMatching(/^adp_/),
    })
    expect((await listDraftVersions(db, owner)).map(({ state }) => state)).toEqual(['rejected', 'live'])
    expect(await findTrainingRun(db, runs[0]?.id ?? '')).toMatchObject({ state: 'skipped', draftId: null })
  })

  it('write nothing of a tenant that was forgotten meanwhile', async () => {
    const owner = await tenant()
    await orderTrainingRun(db, owner, 'tokens')
    const run = await claimed('late')
    expect(await forgetTenant(db, owner)).toMatchObject({ runs: 1 })
    expect(await finishTrainingRun(db, owner, leaseOf(run), result(owner))).toBe(false)
    expect(await listDraftVersions(db, owner)).toEqual([])
  })
})
