import { mkdtempSync, rmSync, utimesSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { gunzipSync } from 'node:zlib'
import {
  createApiKey,
  createCandidate,
  createTenant,
  type Database,
  decisionsOf,
  deleteTenant,
  latestTrainingRuns,
  listDraftVersions,
  newId,
  openDatabase,
  orderTrainingRun,
  promoteDraft,
  recordUsage,
  registerTarget,
  type ServedTarget,
  setHeld,
  setLearning,
  setRollouts,
} from '@foretoken/db'
import { temporaryDatabase } from '@foretoken/db/testing'
import { DEFAULT_RULES, type Rules } from '@foretoken/policy'
import { type ObjectStore, openObjectStore } from '@foretoken/storage'
import { createLogger } from '@foretoken/telemetry'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { rulesByCount } from './config.ts'
import { Scheduler, STATE_KEY } from './scheduler.ts'

let db: Database
let drop: () => Promise<void>
let folder: string
let store: ObjectStore
const running: Scheduler[] = []
let target: ServedTarget
let woken = 0

beforeEach(async () => {
  const temporary = await temporaryDatabase()
  db = openDatabase(temporary.url)
  drop = temporary.drop
  target = await registerTarget(db, { name: 'm', fingerprint: 'f1', form: 'form' })
  folder = mkdtempSync(join(tmpdir(), 'foretoken-scheduler-'))
  store = openObjectStore(pathToFileURL(folder).href)
  woken = 0
})
afterEach(async () => {
  await Promise.all(running.splice(0).map((scheduler) => scheduler.stop()))
  await db.close().then(drop)
  rmSync(folder, { recursive: true })
})

/** Every round has all of the budget, so that a test waits for no day. */
const RULES: Rules = {
  ...DEFAULT_RULES,
  training: { ...DEFAULT_RULES.training, budgetMs: 1e12, requestsMin: 1, horizonDays: 100 },
}

function schedule(rules = RULES, id = 'sch_test', roundMs = 20): Scheduler {
  const scheduler = new Scheduler({
    ...{ db, store, id, rules, roundMs, closeRules: { closeAfterDays: null } },
    logger: createLogger('scheduler', 'silent'),
    sweepRules: { keepTokens: 100_000, forgetMarginMs: 0, awayMs: 3_600_000_000_000 },
    wakeTrainers: async () => {
      woken++
    },
  })
  running.push(scheduler)
  scheduler.start()
  return scheduler
}

async function tenant(name: string): Promise<string> {
  const created = await createTenant(db, name)
  if (!created.ok) throw new Error('name taken')
  return created.tenant.id
}

let segments = 0
/** A segment as far as a sweep looks: its key. */
async function record(tenantId: string, tokens: number, of = target.fingerprint): Promise<void> {
  const id = `01m0000000000000000000${String(segments++).padStart(4, '0')}`
  await store.put(`traces/${tenantId}/${id}-${tokens}-${of}.safetensors`, new Uint8Array(1))
}

/** Requests of just now, worth so many runs of the target. */
async function serve(tenantId: string, steps: number): Promise<void> {
  const { id: keyId } = await createApiKey(db, Buffer.from('pepper'), { tenantId, name: 'k' })
  const at = new Date(Date.now() - 1_000)
  const summary = { steps, draftTokens: 0, acceptedTokens: 0, acceptanceHistogram: [], lookaheadMax: 0, armSteps: {} }
  const facts = { model: 'm', endpoint: 'completions', stream: true, status: 'completed', errorCode: null } as const
  const counts = { promptTokens: 1, cachedTokens: 0, completionTokens: 2 * steps }
  await recordUsage(db, [
    {
      ...facts,
      ...counts,
      requestId: `req_${tenantId}`,
      tenantId,
      keyId,
      startedAt: at,
      finishedAt: at,
      speculation: summary,
    },
  ])
}

const runsOf = async (id: string) =>
  (await latestTrainingRuns(db, id, 10)).map(({ state, trigger }) => ({ state, trigger }))
async function stateOf(): Promise<string | null> {
  const bytes = await store.get(STATE_KEY)
  return bytes ? gunzipSync(bytes).toString() : null
}

async function nextRound(): Promise<void> {
  const before = await stateOf()
  await expect.poll(stateOf).not.toBe(before)
}

const lastSaid = async (id: string) => (await decisionsOf(db, id, 10)).find(({ topic }) => topic === 'training')

describe('the scheduler', () => {
  it('orders a run where it is worth more than it costs, wakes the trainers, and says why', async () => {
    const [busy, idle] = [await tenant('busy'), await tenant('idle')]
    for (const id of [busy, idle]) await record(id, 25_000)
    await serve(busy, 500_000)
    await serve(idle, 1)
    schedule()
    await expect.poll(() => runsOf(busy)).toEqual([{ state: 'queued', trigger: 'tokens' }])
    const made = (await decisionsOf(db, busy, 10)).find(({ kind }) => kind === 'train')
    expect(made).toMatchObject({ changes: true, reason: expect.stringContaining('more than the') })
    expect(made?.inputs).toMatchObject({ tokens: 20_000, tokensNew: 25_000 })
    expect(made?.alternatives).toEqual([{ kind: 'wait', value: expect.any(Number) }])
    expect(woken).toBeGreaterThan(0)
    await expect.poll(() => lastSaid(idle)).toMatchObject({ kind: 'wait', changes: false })
    expect((await lastSaid(idle))?.reason).toContain('does not pay')
    expect(await runsOf(idle)).toEqual([])
  })

  it('counts tokens alone where it is told to', async () => {
    const [enough, little] = [await tenant('enough'), await tenant('little')]
    await record(enough, 120)
    await record(little, 80)
    schedule(rulesByCount(RULES, 100))
    await expect.poll(() => runsOf(enough)).toHaveLength(1)
    await expect.poll(() => lastSaid(little)).toMatchObject({ kind: 'wait' })
    expect(await runsOf(little)).toEqual([])
  })

  it('leaves alone whom an operator holds, and who opted out, whose traces go', async () => {
    const [held, out] = [await tenant('held'), await tenant('out')]
    await setHeld(db, held, true)
    await setLearning(db, out, false)
    for (const id of [held, out]) await record(id, 500)
    schedule(rulesByCount(RULES, 100))
    await expect.poll(() => lastSaid(held)).toMatchObject({ reason: 'An operator holds it.' })
    await expect.poll(() => lastSaid(out)).toMatchObject({ reason: 'It opted out of learning.' })
    expect([...(await runsOf(held)), ...(await runsOf(out))]).toEqual([])
    const left: string[] = []
    for await (const { key } of store.list('traces/')) left.push(key)
    expect(left).toEqual([expect.stringContaining(held)])
  })

  it('writes what stays as it is once, not each round', async () => {
    const id = await tenant('quiet')
    const scheduler = schedule()
    await expect.poll(() => lastSaid(id)).toBeDefined()
    const first = await lastSaid(id)
    await nextRound()
    await nextRound()
    await scheduler.stop()
    expect(await lastSaid(id)).toEqual(first)
  })

  it('deletes adapters that belong to nobody, and looks for them once an hour, not each round', async () => {
    const owner = await tenant('orphaned')
    const orphan = async (id: string) => {
      const key = `adapters/${owner}/${id}/adapter_model.safetensors`
      await store.put(key, new Uint8Array(1))
      utimesSync(join(folder, key), 0, 0)
    }
    await orphan('adp_first')
    schedule()
    const left = async () => {
      const keys: string[] = []
      for await (const { key } of store.list('adapters/')) keys.push(key)
      return keys
    }
    await expect.poll(left).toEqual([])
    await orphan('adp_second')
    for (let round = 0; round < 3; round++) await nextRound()
    expect(await left()).toHaveLength(1)
  })

  it('leads alone, and hands on when it stops', async () => {
    const holder = async () => (await db.pool.query('select holder, epoch from leases')).rows[0]
    const first = schedule(RULES, 'sch_a')
    await expect.poll(holder).toMatchObject({ holder: 'sch_a', epoch: '1' })
    schedule(RULES, 'sch_b')
    await expect.poll(holder).toMatchObject({ holder: 'sch_a', epoch: '1' })
    await first.stop()
    await expect.poll(holder).toMatchObject({ holder: 'sch_b', epoch: '2' })
  })

  it('deletes the files of a tenant that was deleted, while it leads', async () => {
    const created = await createTenant(db, 'leaving')
    if (!created.ok) throw new Error('name taken')
    const tenantId = created.tenant.id
    const id = newId('adapter')
    const artifactUri = `adapters/${tenantId}/${id}`
    await store.put(`${artifactUri}/adapter_model.safetensors`, new Uint8Array(1))
    await createCandidate(db, { id, tenantId, targetId: target.id, contentHash: 'ab', artifactUri })
    schedule()
    await expect.poll(async () => (await store.get(STATE_KEY)) !== undefined).toBe(true)
    const left = async () => {
      const keys: string[] = []
      for await (const { key } of store.list('adapters/')) keys.push(key)
      return keys
    }
    expect(await left()).toHaveLength(1)
    await deleteTenant(db, tenantId)
    await expect.poll(left).toEqual([])
  })
})

describe('the scheduler of several targets', () => {
  it('orders a run on the target that a tenant uses, and on no other', async () => {
    const [owner, other] = [await tenant('two'), await registerTarget(db, { name: 'n', fingerprint: 'f2', form: 'x' })]
    await record(owner, 25_000)
    await record(owner, 25_000, other.fingerprint)
    await serve(owner, 500_000)
    schedule()
    await expect.poll(() => runsOf(owner)).toHaveLength(1)
    await nextRound()
    const [run, ...others] = await latestTrainingRuns(db, owner, 10)
    expect([run?.targetId, others]).toEqual([target.id, []])
    const elsewhere = (await decisionsOf(db, owner, 10, other.id)).find(({ topic }) => topic === 'training')
    expect(elsewhere).toMatchObject({ kind: 'wait', changes: false })
  })

  it('orders none on weights that nobody serves any more, and ends those that wait', async () => {
    const owner = await tenant('away')
    const next = await registerTarget(db, { name: 'm', fingerprint: 'f2', form: 'form' })
    await record(owner, 500)
    await record(owner, 500, next.fingerprint)
    await orderTrainingRun(db, { tenantId: owner, targetId: target.id }, 'tokens')
    await db.pool.query(`update targets set last_seen_at = now() - interval '1 hour' where id = $1`, [target.id])
    schedule(rulesByCount(RULES, 100))
    await expect.poll(async () => (await latestTrainingRuns(db, owner, 9, next.id)).length).toBe(1)
    expect(await latestTrainingRuns(db, owner, 9, target.id)).toMatchObject([{ state: 'skipped' }])
  })

  it('has the draft of the earlier weights judged on new ones, as soon as there is enough to judge it by', async () => {
    const [rolling, plain] = [await tenant('rolling'), await tenant('plain')]
    await setRollouts(db, rolling, true)
    for (const owner of [rolling, plain]) {
      const id = `adp_${owner}`
      await createCandidate(db, {
        id,
        tenantId: owner,
        targetId: target.id,
        contentHash: '00',
        artifactUri: `adapters/${owner}/${id}`,
      })
      await promoteDraft(db, owner, id, 'better')
      await serve(owner, 1)
    }
    const next = await registerTarget(db, { name: 'm', fingerprint: 'f2', form: 'form' })
    for (const owner of [rolling, plain]) await record(owner, 600, next.fingerprint)
    schedule()
    const said = async (owner: string) =>
      (await decisionsOf(db, owner, 9, next.id)).find(({ topic }) => topic === 'training')
    await expect.poll(() => said(rolling)).toMatchObject({ kind: 'wait' })
    for (const owner of [rolling, plain]) await record(owner, 600, next.fingerprint)
    await expect
      .poll(() => said(rolling))
      .toMatchObject({ kind: 'train', reason: expect.stringContaining('new weights') })
    expect(await latestTrainingRuns(db, rolling, 9)).toMatchObject([{ targetId: next.id, state: 'queued' }])
    expect(await runsOf(plain)).toEqual([])
  })

  it('takes the files of weights that are long gone, and keeps their rows', async () => {
    const owner = await tenant('long-gone')
    const key = `adapters/${owner}/adp_old`
    await createCandidate(db, {
      id: 'adp_old',
      tenantId: owner,
      targetId: target.id,
      contentHash: '00',
      artifactUri: key,
    })
    await promoteDraft(db, owner, 'adp_old', 'better')
    await store.put(`${key}/adapter_config.json`, new Uint8Array(1))
    await db.pool.query(`update targets set last_seen_at = now() - interval '8 days'`)
    schedule()
    const files = async () => {
      const keys: string[] = []
      for await (const object of store.list(`${key}/`)) keys.push(object.key)
      return keys
    }
    await expect.poll(files).toEqual([])
    expect(await listDraftVersions(db, owner)).toMatchObject([{ id: 'adp_old', state: 'retired' }])
  })
})
