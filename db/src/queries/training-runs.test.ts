import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Database, openDatabase } from '../database.ts'
import { newId } from '../ids.ts'
import { temporaryDatabase } from '../testing.ts'
import { listDraftVersions, liveDraftVersion } from './drafts.ts'
import { forgetTenant } from './forget.ts'
import { registerTarget, type ServedTarget } from './targets.ts'
import { createTenant } from './tenants.ts'
import {
  beatTrainingRun,
  claimTrainingRun,
  finishTrainingRun,
  releaseTrainingRun,
  type TrainingResult,
} from './training-leases.ts'
import {
  cancelRunsAway,
  findTrainingRun,
  latestTrainingRuns,
  orderTrainingRun,
  type TrainingRun,
} from './training-runs.ts'

let db: Database
let drop: () => Promise<void>
let names = 0
let target: ServedTarget
let other: ServedTarget

beforeAll(async () => {
  const temporary = await temporaryDatabase()
  db = openDatabase(temporary.url)
  drop = temporary.drop
  target = await registerTarget(db, { name: 'small', fingerprint: 'f1', form: 'form' })
  other = await registerTarget(db, { name: 'large', fingerprint: 'f2', form: 'other' })
})
afterAll(() => db.close().then(drop))
beforeEach(() => db.pool.query('delete from training_runs'))

async function tenant(): Promise<string> {
  const created = await createTenant(db, `trained-${names++}`)
  if (!created.ok) throw new Error('name taken')
  return created.tenant.id
}

const claim = (trainer: string, leaseMs = 60_000, attemptsMax = 3) =>
  claimTrainingRun(db, { trainer, targetId: target.id, leaseMs, attemptsMax })

const order = (tenantId: string, trigger: 'tokens' | 'ordered', on = target) =>
  orderTrainingRun(db, { tenantId, targetId: on.id }, trigger)

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
    draft: { id, tenantId, targetId: target.id, contentHash: 'cd', artifactUri: `adapters/${tenantId}/${id}` },
    ...changes,
  }
}

describe('training runs', () => {
  it('are open once per tenant, however many ask, and an order outranks a trigger', async () => {
    const owner = await tenant()
    const orders = await Promise.all(Array.from({ length: 6 }, () => order(owner, 'tokens')))
    expect(orders.filter(({ created }) => created)).toHaveLength(1)
    expect(new Set(orders.map(({ run }) => run.id)).size).toBe(1)
    expect((await order(owner, 'ordered')).run.trigger).toBe('ordered')
    expect((await order(owner, 'tokens')).run.trigger).toBe('ordered')
  })

  it('are open on each target, and go to a trainer that has it', async () => {
    const owner = await tenant()
    const [here, there] = [await order(owner, 'tokens'), await order(owner, 'ordered', other)]
    expect([here.created, there.created]).toEqual([true, true])
    expect((await claimed('one')).id).toBe(here.run.id)
    expect(await claim('two')).toBeNull()
    const elsewhere = { trainer: 'three', targetId: other.id, leaseMs: 60_000, attemptsMax: 3 }
    expect((await claimTrainingRun(db, elsewhere))?.id).toBe(there.run.id)
    expect(await latestTrainingRuns(db, owner, 9, other.id)).toMatchObject([{ id: there.run.id }])
  })

  it('end unserved where other weights took the place of theirs, and wait where a model is only away', async () => {
    const [waits, runs] = [await tenant(), await tenant()]
    const gone = await registerTarget(db, { name: 'small', fingerprint: 'gone', form: 'form' })
    const away = await registerTarget(db, { name: 'away', fingerprint: 'f3', form: 'form' })
    for (const on of [target, gone, away]) await order(waits, 'tokens', on)
    await order(runs, 'ordered', gone)
    const atWork = await claimTrainingRun(db, { trainer: 't', targetId: gone.id, leaseMs: 60_000, attemptsMax: 3 })
    const lost = `update targets set last_seen_at = now() - interval '1 hour' where id = any($1)`
    await db.pool.query(lost, [[gone.id, away.id]])
    expect(await cancelRunsAway(db, 1_800_000)).toBe(1)
    const states = (await latestTrainingRuns(db, waits, 9)).map(({ targetId, state }) => [targetId, state])
    expect(states).toEqual([
      [away.id, 'queued'],
      [gone.id, 'skipped'],
      [target.id, 'queued'],
    ])
    expect(await findTrainingRun(db, atWork?.id ?? '')).toMatchObject({ state: 'running' })
    await age(1_900_000)
    expect(await cancelRunsAway(db, 1_800_000)).toBe(1)
    expect(await findTrainingRun(db, atWork?.id ?? '')).toMatchObject({ state: 'skipped' })
  })

  it('go to one trainer each, ordered ones first', async () => {
    const owners = await Promise.all(Array.from({ length: 6 }, tenant))
    for (const owner of owners) await order(owner, 'tokens')
    await order(owners[5] ?? '', 'ordered')
    expect((await claimed('trn-0')).tenantId).toBe(owners[5])
    const runs = await Promise.all(Array.from({ length: 8 }, (_, i) => claim(`trn-${i}`)))
    const ids = runs.flatMap((run) => run?.id ?? [])
    expect(ids).toHaveLength(5)
    expect(new Set(ids).size).toBe(5)
  })

  it('are taken up again when their trainer is gone, which then can write nothing more of them', async () => {
    const owner = await tenant()
    await order(owner, 'tokens')
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
    expect(await liveDraftVersion(db, { tenantId: owner, targetId: target.id })).toMatchObject({
      version: 1,
      reason: 'Better by a quarter.',
    })
  })

  it('fail when they end every trainer that takes them up', async () => {
    await order(await tenant(), 'tokens')
    for (let attempt = 0; attempt < 3; attempt++) {
      expect((await claimed(`killed-${attempt}`)).attempts).toBe(attempt + 1)
      await age(61_000)
    }
    expect(await claim('careful')).toBeNull()
    const { rows } = await db.pool.query('select state, reason from training_runs')
    expect(rows).toEqual([{ state: 'failed', reason: expect.stringContaining('3 times') }])
  })

  it('are given back by a trainer that is told to stop, and cost no attempt', async () => {
    await order(await tenant(), 'tokens')
    const run = await claimed('stopping')
    await releaseTrainingRun(db, leaseOf(run))
    expect(await claimed('next')).toMatchObject({ id: run.id, attempts: 1 })
  })

  it('end with their figures and the draft they made, live or rejected', async () => {
    const owner = await tenant()
    for (const state of ['promoted', 'rejected', 'skipped'] as const) {
      await order(owner, 'tokens')
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
    await order(owner, 'tokens')
    const run = await claimed('late')
    expect(await forgetTenant(db, owner)).toMatchObject({ runs: 1 })
    expect(await finishTrainingRun(db, owner, leaseOf(run), result(owner))).toBe(false)
    expect(await listDraftVersions(db, owner)).toEqual([])
  })
})
