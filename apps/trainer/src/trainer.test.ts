import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  advanceDraft,
  claimJudgement,
  claimTrainingRun,
  createCandidate,
  createTenant,
  type Database,
  forgetTenant,
  latestTrainingRuns,
  listDraftVersions,
  liveDraftVersion,
  openDatabase,
  openTrials,
  orderJudgements,
  orderTrainingRun,
  promoteDraft,
  registerTarget,
  type ServedTarget,
  setLearning,
  setRollouts,
  trialWitnessesOf,
  tryDraft,
} from '@foretoken/db'
import { temporaryDatabase } from '@foretoken/db/testing'
import type { AdaptResult, JudgeResult } from '@foretoken/learning'
import { type ObjectStore, openObjectStore, StorageError } from '@foretoken/storage'
import { createLogger } from '@foretoken/telemetry'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Judge } from './judgement/execute.ts'
import type { Adapt } from './run/execute.ts'
import { startTrainer } from './trainer.ts'

let db: Database
let drop: () => Promise<void>
let folder: string
let store: ObjectStore
let target: ServedTarget
const running: { stop(): Promise<void> }[] = []
beforeEach(async () => {
  const temporary = await temporaryDatabase()
  db = openDatabase(temporary.url)
  drop = temporary.drop
  target = await registerTarget(db, { name: 'm', fingerprint: 'f1', form: 'form' })
  folder = mkdtempSync(join(tmpdir(), 'foretoken-trainer-'))
  store = openObjectStore(pathToFileURL(folder).href)
})
afterEach(async () => {
  await Promise.all(running.splice(0).map((trainer) => trainer.stop()))
  await db.close().then(drop)
  rmSync(folder, { recursive: true })
})

interface Changes {
  readonly store?: ObjectStore
  readonly leaseMs?: number
  readonly target?: ServedTarget
  readonly promotion?: 'staged' | 'direct'
  readonly judge?: Judge
}

function train(adapt: Adapt, { leaseMs = 60_000, promotion = 'direct', judge = unasked, ...changes }: Changes = {}) {
  const times = { pollMs: 20, retryMs: 20, leaseMs }
  const on = changes.target ?? target
  const parts = { db, adapt, judge, promotion, tokensMax: 500, times, store: changes.store ?? store }
  const trainer = startTrainer({ ...parts, target: async () => on, logger: createLogger('trainer', 'silent') })
  running.push(trainer)
  return trainer
}

const unasked = () => Promise.reject(new Error('nobody asked for this'))

async function tenant(name: string): Promise<string> {
  const created = await createTenant(db, name)
  if (!created.ok) throw new Error('name taken')
  return created.tenant.id
}

const order = (tenantId: string, trigger: 'tokens' | 'ordered', on = target) =>
  orderTrainingRun(db, { tenantId, targetId: on.id }, trigger)

const weights = Buffer.from('weights')
const contentHash = createHash('sha256').update(weights).digest('hex')
const better: AdaptResult = {
  outcome: 'better',
  artifact: { contentHash, files: { 'adapter_model.safetensors': weights, 'adapter_config.json': Buffer.from('{}') } },
  figures: { tokens: 120, baseline: { acceptanceLength: 1.4 }, candidate: { acceptanceLength: 1.8 } },
  reason: 'Acceptance length rose from 1.4 to 1.8.',
}
const { artifact: _, ...poor } = { ...better, outcome: 'too-little' as const, reason: 'Only 12 requests.' }

const runsOf = async (tenantId: string) =>
  (await latestTrainingRuns(db, tenantId, 10)).map(({ state, trigger, reason }) => ({ state, trigger, reason }))
const ended = (tenantId: string, count = 1) =>
  expect
    .poll(async () => (await latestTrainingRuns(db, tenantId, 10)).filter((run) => run.finishedAt).length, {
      timeout: 20_000,
    })
    .toBe(count)

async function filesOf(prefix: string): Promise<string[]> {
  const keys: string[] = []
  for await (const { key } of store.list(prefix)) keys.push(key)
  return keys
}

describe('the trainer', () => {
  it('makes live what is better, one version after the other', async () => {
    const owner = await tenant('busy')
    await order(owner, 'tokens')
    const asked: (string | undefined)[] = []
    const trainer = train(async ({ current, next, tenant: id }) => {
      asked.push(`${id} ${next.version} ${current?.id ?? 'none'}`)
      return better
    })
    await ended(owner)
    const live = await liveDraftVersion(db, { tenantId: owner, targetId: target.id })
    expect(live).toMatchObject({ version: 1, contentHash, reason: better.reason })
    expect(await filesOf('adapters/')).toEqual([
      `${live?.artifactUri}/adapter_config.json`,
      `${live?.artifactUri}/adapter_model.safetensors`,
    ])
    await order(owner, 'tokens')
    trainer.wake()
    await ended(owner, 2)
    expect(asked).toEqual([`${owner} 1 none`, `${owner} 2 ${live?.id}`])
    expect((await listDraftVersions(db, owner)).map(({ state }) => state)).toEqual(['live', 'retired'])
  })

  it.each([
    [{ ...better, outcome: 'not-better' as const, reason: 'No gain.' }, 'rejected', ['rejected'], 2],
    [poor, 'skipped', [], 0],
    [{ ...poor, outcome: 'failed' as const, reason: 'Diverged.' }, 'failed', [], 0],
  ] as const)('promotes nothing that is %o', async (result, state, versions, files) => {
    const owner = await tenant('unlucky')
    await order(owner, 'ordered')
    train(async () => result)
    await ended(owner)
    expect(await runsOf(owner)).toEqual([{ state, trigger: 'ordered', reason: result.reason }])
    expect((await listDraftVersions(db, owner)).map((version) => version.state)).toEqual(versions)
    expect(await filesOf('adapters/')).toHaveLength(files)
  })

  it.each([
    ['throws', () => Promise.reject(new Error('out of memory')), 'Training failed: out of memory'],
    [
      'calls something better and brings nothing',
      async () => ({ ...poor, outcome: 'better' as const }),
      'brought none',
    ],
    [
      'misnames its weights',
      async () => ({ ...better, artifact: { contentHash: '00', files: better.artifact?.files ?? {} } }),
      'content hash',
    ],
  ])('fails a run that %s, in words, and goes on with others', async (_name, adapt, reason) => {
    const [first, second] = [await tenant('first'), await tenant('second')]
    await order(first, 'ordered')
    await order(second, 'tokens')
    train((request) => (request.tenant === first ? adapt() : Promise.resolve(better)))
    await ended(second)
    expect(await runsOf(first)).toMatchObject([{ state: 'failed', reason: expect.stringContaining(reason) }])
    expect(await liveDraftVersion(db, { tenantId: first, targetId: target.id })).toBeNull()
    expect(await filesOf(`adapters/${first}`)).toEqual([])
  })

  it('takes up the run of a trainer that was killed, and tells how far it is', async () => {
    const owner = await tenant('killed')
    await order(owner, 'ordered')
    await claimTrainingRun(db, { trainer: 'gone', targetId: target.id, leaseMs: 60_000, attemptsMax: 3 })
    await db.pool.query(`update training_runs set heartbeat_at = now() - interval '61 seconds'`)
    let finish = () => {}
    const finished = new Promise<void>((resolve) => {
      finish = resolve
    })
    train(async ({ onProgress }) => {
      onProgress({ phase: 'training', progress: 0.4 })
      await finished
      return better
    })
    const progress = async () => (await latestTrainingRuns(db, owner, 1))[0]
    await expect.poll(progress, { timeout: 20_000 }).toMatchObject({ phase: 'training', attempts: 2, state: 'running' })
    finish()
    await ended(owner)
    expect(await liveDraftVersion(db, { tenantId: owner, targetId: target.id })).toMatchObject({ version: 1 })
  })

  it('gives its run back when it is told to stop', async () => {
    const owner = await tenant('stopped')
    await order(owner, 'ordered')
    let began = () => {}
    const begun = new Promise<void>((resolve) => {
      began = resolve
    })
    const trainer = train(({ signal }) => {
      began()
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    })
    await begun
    await trainer.stop()
    expect(await latestTrainingRuns(db, owner, 1)).toMatchObject([{ state: 'queued', attempts: 0, trainer: null }])
  })

  it('leaves nothing behind when the tenant is forgotten while it trains', async () => {
    const owner = await tenant('forgotten')
    await order(owner, 'ordered')
    train(async () => {
      await forgetTenant(db, owner)
      return better
    })
    await ended(owner)
    await expect.poll(() => filesOf('adapters/'), { timeout: 20_000 }).toEqual([])
    expect(await runsOf(owner)).toMatchObject([{ state: 'skipped' }])
    expect(await listDraftVersions(db, owner)).toEqual([])
  })

  it('learns nothing of a tenant that opted out', async () => {
    const owner = await tenant('private')
    await setLearning(db, owner, false)
    await order(owner, 'ordered')
    let trained = 0
    train(async () => {
      trained++
      return better
    })
    await ended(owner)
    expect(await runsOf(owner)).toMatchObject([{ state: 'skipped', reason: expect.stringContaining('opted out') }])
    expect(trained).toBe(0)
  })

  it('tries again when the store comes back', async () => {
    const owner = await tenant('patient')
    await order(owner, 'ordered')
    let outages = 1
    const moody: ObjectStore = {
      get: (key) => store.get(key),
      put: async (...put) => {
        if (outages-- > 0) throw new StorageError('unreachable', 'away')
        return store.put(...put)
      },
      list: (prefix) => store.list(prefix),
      delete: (key) => store.delete(key),
    }
    train(async () => better, { store: moody, leaseMs: 300 })
    await ended(owner)
    expect(await latestTrainingRuns(db, owner, 1)).toMatchObject([{ state: 'promoted', attempts: 2 }])
  })
})

describe('trainers of several targets', () => {
  it('each take the runs of their own, and a draft is of the target that it was trained for', async () => {
    const owner = await tenant('two-targets')
    const other = await registerTarget(db, { name: 'n', fingerprint: 'f2', form: 'another' })
    for (const on of [target, other]) await order(owner, 'ordered', on)
    const asked: string[] = []
    for (const on of [target, other]) {
      train(
        async ({ current, earlier }) => {
          asked.push(`${on.name} ${current?.id ?? 'none'} ${earlier?.id ?? 'none'}`)
          return better
        },
        { target: on },
      )
    }
    await ended(owner, 2)
    expect(asked.sort()).toEqual(['m none none', 'n none none'])
    const live = (await listDraftVersions(db, owner)).map(({ targetId, state }) => [targetId, state])
    expect(live).toEqual(
      expect.arrayContaining([
        [target.id, 'live'],
        [other.id, 'live'],
      ]),
    )
  })

  it('offer the draft of the earlier weights to tenants that roll out, and to nobody else', async () => {
    const [plain, rolling] = [await tenant('plain'), await tenant('rolling')]
    await setRollouts(db, rolling, true)
    const earlierOf = new Map<string, string>()
    for (const owner of [plain, rolling]) {
      const id = `adp_${owner}`
      await createCandidate(db, {
        id,
        tenantId: owner,
        targetId: target.id,
        contentHash: '00',
        artifactUri: `adapters/${owner}/${id}`,
      })
      await promoteDraft(db, owner, id, 'better')
    }
    const next = await registerTarget(db, { name: 'm', fingerprint: 'f2', form: 'form' })
    for (const owner of [plain, rolling]) await order(owner, 'tokens', next)
    const trainer = train(
      async ({ tenant: owner, earlier }) => {
        earlierOf.set(owner, earlier?.id ?? 'none')
        return better
      },
      { target: next },
    )
    for (const owner of [plain, rolling]) await ended(owner)
    expect([earlierOf.get(plain), earlierOf.get(rolling)]).toEqual(['none', `adp_${rolling}`])
    const live = await liveDraftVersion(db, { tenantId: rolling, targetId: next.id })
    expect(live).toMatchObject({ parentId: `adp_${rolling}`, version: 2 })
    // From now on it has drafts of its own there.
    await order(rolling, 'tokens', next)
    trainer.wake()
    await ended(rolling, 2)
    expect(earlierOf.get(rolling)).toBe('none')
  })
})

describe('a draft that passed its run, where promotion is staged', () => {
  it('is tried beside what serves, judged by what is recorded from then on', async () => {
    const owner = await tenant('staged')
    await order(owner, 'tokens')
    const segment = (name: string) => `traces/${owner}/01m00000000000000000000${name}-9-f1.safetensors`
    await store.put(segment('001'), new Uint8Array(1))
    train(
      async () => {
        await store.put(segment('002'), new Uint8Array(1)) // while it trains: it may have been read
        return better
      },
      { promotion: 'staged' },
    )
    await ended(owner)
    expect(await runsOf(owner)).toMatchObject([{ state: 'promoted' }])
    expect(await liveDraftVersion(db, { tenantId: owner, targetId: target.id })).toBeNull()
    expect(await openTrials(db)).toMatchObject([{ tenantId: owner, stage: 'shadow', judgedUntil: segment('002') }])
  })

  it('serves at once where an operator ordered it, also while it was under way', async () => {
    const owner = await tenant('ordered')
    await order(owner, 'tokens')
    train(
      async () => {
        await order(owner, 'ordered')
        return better
      },
      { promotion: 'staged' },
    )
    await ended(owner)
    expect(await liveDraftVersion(db, { tenantId: owner, targetId: target.id })).toMatchObject({
      version: 1,
      state: 'live',
    })
  })
})

describe('a shadow', () => {
  const idle: Adapt = unasked

  async function shadow(name: string, isOrdered = true, on = target) {
    const owner = await tenant(name)
    const id = `adp_${name}`
    const files = { contentHash: 'ab', artifactUri: `adapters/${owner}/${id}` }
    await createCandidate(db, { id, tenantId: owner, targetId: on.id, ...files })
    await tryDraft(db, owner, id, { reason: 'better', judgedUntil: 'traces/a' })
    if (isOrdered) await orderJudgements(db, [id])
    return { owner, id }
  }
  const goodput = (ms: number) => ({ tokens: 60, ms })
  const judged: JudgeResult = {
    ok: true,
    judged: [{ request: 'req_1', rival: null, byRival: goodput(90), byCandidate: goodput(70) }],
    judgedUntil: 'traces/b',
  }
  const trialOf = async (owner: string) => (await openTrials(db)).find(({ tenantId }) => tenantId === owner)

  it('is judged when it is ordered, from where it was judged before, and stays a shadow', async () => {
    const { owner, id } = await shadow('judged')
    const { owner: other } = await shadow('left alone', false)
    const asked: unknown[] = []
    train(idle, {
      judge: async ({ tenant: of, candidate, current, judgedUntil }) => {
        asked.push([of, candidate.id, current, judgedUntil])
        return judged
      },
    })
    await expect.poll(() => trialOf(owner)).toMatchObject({ judging: false, witnesses: 1, judgedUntil: 'traces/b' })
    expect(asked).toEqual([[owner, id, null, 'traces/a']])
    expect(await trialWitnessesOf(db, [id])).toMatchObject([{ rival: 'static', rivalMs: 90, candidateMs: 70 }])
    expect(await trialOf(owner)).toMatchObject({ stage: 'shadow' })
    expect(await trialOf(other)).toMatchObject({ judging: false, witnesses: 0 })
  })

  it('is judged by a trainer of its own target alone, on the traces of that', async () => {
    const other = await registerTarget(db, { name: 'n', fingerprint: 'f2', form: 'another' })
    const [here, there] = [await shadow('here'), await shadow('there', true, other)]
    const asked: string[] = []
    const judge: Judge = async ({ candidate, target: fingerprint, form }) => {
      asked.push(`${candidate.id} ${fingerprint} ${form}`)
      return judged
    }
    const trainer = train(idle, { judge })
    await expect.poll(() => trialOf(here.owner)).toMatchObject({ judging: false, witnesses: 1 })
    await trainer.stop()
    expect(await trialOf(there.owner)).toMatchObject({ judging: true, witnesses: 0 })
    train(idle, { judge, target: other })
    await expect.poll(() => trialOf(there.owner)).toMatchObject({ judging: false, witnesses: 1 })
    expect(asked).toEqual([`${here.id} f1 form`, `${there.id} f2 another`])
  })

  it('whose trainer was killed is judged by the next one, and its witnesses count once', async () => {
    const { owner, id } = await shadow('killed')
    await claimJudgement(db, { trainer: 'gone', targetId: target.id, leaseMs: 60_000 })
    await db.pool.query(`update draft_trials set heartbeat_at = now() - interval '61 seconds'`)
    train(idle, { judge: async () => judged })
    await expect.poll(() => trialOf(owner)).toMatchObject({ judging: false, witnesses: 1 })
    await orderJudgements(db, [id])
    await expect.poll(() => trialOf(owner)).toMatchObject({ judging: false, witnesses: 1 })
  })

  it('goes back to the queue when its trainer is told to stop', async () => {
    const { owner } = await shadow('stopped')
    let began = () => {}
    const begun = new Promise<void>((resolve) => {
      began = resolve
    })
    const trainer = train(idle, {
      judge: ({ signal }) => {
        began()
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
      },
    })
    await begun
    await trainer.stop()
    expect(await trialOf(owner)).toMatchObject({ judging: true })
    expect(await claimJudgement(db, { trainer: 'next', targetId: target.id, leaseMs: 60_000 })).toMatchObject({
      attempts: 1,
    })
  })

  it.each([
    ['that can not be read', async (): Promise<JudgeResult> => ({ ok: false, reason: 'Its files are gone.' }), 'gone'],
    ['that breaks every attempt', () => Promise.reject(new Error('out of memory')), 'in 3 attempts'],
  ])('%s is rejected, in words, and others are judged', async (name, judge, reason) => {
    const { owner, id } = await shadow(name.replaceAll(' ', '-'))
    const { owner: other } = await shadow('another')
    train(idle, { judge: ({ tenant: of }) => (of === owner ? judge() : Promise.resolve(judged)), leaseMs: 100 })
    await expect.poll(() => trialOf(other)).toMatchObject({ witnesses: 1 })
    await expect.poll(() => trialOf(owner)).toBeUndefined()
    const [version] = await listDraftVersions(db, owner)
    expect(version).toMatchObject({ id, state: 'rejected', reason: expect.stringContaining(reason) })
  })

  it('that went on to the next stage, or was ended, while it was judged takes no witness', async () => {
    const { owner, id } = await shadow('overtaken')
    let went = () => {}
    const gone = new Promise<void>((resolve) => {
      went = resolve
    })
    const trainer = train(idle, {
      judge: async () => {
        await advanceDraft(db, owner, id, { from: 'shadow', reason: 'better' })
        await advanceDraft(db, owner, id, { from: 'canary', reason: 'better' })
        went()
        return judged
      },
    })
    await gone
    await trainer.stop()
    expect(await liveDraftVersion(db, { tenantId: owner, targetId: target.id })).toMatchObject({ id })
    expect((await db.pool.query('select from trial_witnesses')).rowCount).toBe(0)
  })
})
