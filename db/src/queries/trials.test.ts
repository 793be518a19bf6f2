import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Database, openDatabase } from '../database.ts'
import { newId } from '../ids.ts'
import { authenticate } from '../keys/authenticate.ts'
import { createApiKey } from '../keys/keys.ts'
import { temporaryDatabase } from '../testing.ts'
import { type CanaryWitness, recordAcceptance } from './acceptance.ts'
import { retireDraftsAway } from './draft-targets.ts'
import { listDraftVersions } from './drafts.ts'
import { forgetTenant } from './forget.ts'
import { beatJudgement, claimJudgement, finishJudgement, orderJudgements, releaseJudgement } from './judgements.ts'
import { createCandidate, promoteDraft, rejectDraft, rollBackDraft } from './promotion.ts'
import { stepsBetween } from './scheduler-facts.ts'
import { registerTarget, type ServedTarget, TARGET_AWAY_MS } from './targets.ts'
import { createTenant } from './tenants.ts'
import { claimTrainingRun, finishTrainingRun } from './training-leases.ts'
import { orderTrainingRun } from './training-runs.ts'
import { advanceDraft, dismissDraft, endTrial, tryDraft } from './trial-stages.ts'
import { openTrials, trialWitnessesOf, type Witness } from './trials.ts'

let db: Database
let drop: () => Promise<void>
let target: ServedTarget
let other: ServedTarget
beforeAll(async () => {
  const temporary = await temporaryDatabase()
  db = openDatabase(temporary.url)
  drop = temporary.drop
  target = await registerTarget(db, { name: 'm', fingerprint: 'f1', form: 'form' })
  other = await registerTarget(db, { name: 'n', fingerprint: 'f2', form: 'another' })
})
afterAll(() => db.close().then(drop))

async function tenant(name: string): Promise<string> {
  const created = await createTenant(db, name)
  if (!created.ok) throw new Error(`tenant ${name} exists`)
  return created.tenant.id
}

const newDraft = (tenantId: string, id: string = newId('adapter'), on = target) => ({
  ...{ id, tenantId, targetId: on.id },
  ...{ contentHash: 'ab', artifactUri: `adapters/${tenantId}/${id}` },
})

async function candidate(tenantId: string, on = target): Promise<string> {
  const { id } = await createCandidate(db, newDraft(tenantId, undefined, on))
  return id
}

async function tried(tenantId: string, judgedUntil: string | null = null, on = target): Promise<string> {
  const id = await candidate(tenantId, on)
  expect(await tryDraft(db, tenantId, id, { reason: 'better', judgedUntil })).toBe(true)
  return id
}

const statesOf = async (tenantId: string) =>
  (await listDraftVersions(db, tenantId)).map(({ version, state }) => `${version} ${state}`)
const trialOf = async (tenantId: string, on = target) =>
  (await openTrials(db)).find((trial) => trial.tenantId === tenantId && trial.targetId === on.id)
const lineage = (tenantId: string, on = target) => ({ tenantId, targetId: on.id })

const witness = (request: string, changes: Partial<Witness> = {}): Witness => ({
  ...{ request, rival: 'static', rivalTokens: 60, rivalMs: 90, candidateTokens: 20, candidateMs: 25 },
  ...changes,
})

let batches = 0
function served(tenantId: string, witnesses: readonly CanaryWitness[], id = `trials_${batches++}`, on = target) {
  const arms = [{ arm: 'none', draftVersion: null, steps: 1, committedTokens: 1, proposed: [], accepted: [] }]
  return recordAcceptance(db, { id, targetId: on.id, entries: [{ tenantId, at: new Date(), arms, witnesses }] })
}

describe('a trial', () => {
  it('goes from shadow to canary to live, each step once, however many decide the same', async () => {
    const owner = await tenant('staged')
    const before = await candidate(owner)
    await promoteDraft(db, owner, before, 'better')
    const id = await tried(owner)
    const decide = (from: 'shadow' | 'canary') =>
      Promise.all(Array.from({ length: 5 }, () => advanceDraft(db, owner, id, { from, reason: 'surely better' })))
    expect(await statesOf(owner)).toEqual(['2 shadow', '1 live'])
    expect((await decide('shadow')).filter(Boolean)).toHaveLength(1)
    expect(await trialOf(owner)).toMatchObject({ draftId: id, version: 2, stage: 'canary' })
    expect((await decide('canary')).filter(Boolean)).toHaveLength(1)
    expect(await statesOf(owner)).toEqual(['2 live', '1 retired'])
    expect(await trialOf(owner)).toBeUndefined()
  })

  it('is one at a time, also by a statement that asks nobody: a newer candidate takes its place', async () => {
    const owner = await tenant('newer')
    const older = await tried(owner)
    const ids = await Promise.all(Array.from({ length: 4 }, () => candidate(owner)))
    await Promise.all(ids.map((id) => tryDraft(db, owner, id, { reason: 'better', judgedUntil: null })))
    const states = (await listDraftVersions(db, owner)).map(({ state }) => state).sort()
    expect(states).toEqual(['rejected', 'rejected', 'rejected', 'rejected', 'shadow'])
    const rows = await listDraftVersions(db, owner)
    expect(rows.find(({ id }) => id === older)?.reason).toContain('A newer candidate')
    const forced = db.pool.query(`update draft_versions set state = 'canary' where id = $1`, [await candidate(owner)])
    await expect(forced).rejects.toMatchObject({ constraint: 'draft_versions_trial' })
  })

  it.each([
    ['is rejected', (owner: string, id: string) => rejectDraft(db, owner, id, 'worse')],
    ['is dismissed', (owner: string, id: string) => dismissDraft(db, owner, id, { from: 'canary', reason: 'worse' })],
    ['is ended by hand', (owner: string) => endTrial(db, lineage(owner), 'by hand')],
    ['goes live', (owner: string, id: string) => advanceDraft(db, owner, id, { from: 'canary', reason: 'better' })],
    ['is forgotten with its tenant', (owner: string) => forgetTenant(db, owner)],
  ] as const)('that %s leaves no witness behind, and takes none later', async (name, end) => {
    const owner = await tenant(name)
    const id = await tried(owner)
    await advanceDraft(db, owner, id, { from: 'shadow', reason: 'better' })
    await served(owner, [{ draftId: id, ...witness('req_1') }])
    expect(await trialWitnessesOf(db, [id])).toHaveLength(1)
    await end(owner, id)
    await served(owner, [{ draftId: id, ...witness('req_2') }])
    const left = await db.pool.query('select from trial_witnesses where draft_id = $1', [id])
    expect(left.rowCount).toBe(0)
    const live = (await listDraftVersions(db, owner)).filter(({ state }) => state === 'live')
    for (const again of [advanceDraft, dismissDraft]) {
      expect(await again(db, owner, id, { from: 'canary', reason: 'again' })).toBe(false)
    }
    expect((await listDraftVersions(db, owner)).filter(({ state }) => state === 'live')).toEqual(live)
  })

  it('ended by hand leaves what serves alone; nobody else can end it', async () => {
    const [owner, stranger] = [await tenant('hands'), await tenant('other hands')]
    const live = await candidate(owner)
    await promoteDraft(db, owner, live, 'better')
    const id = await tried(owner)
    expect(await endTrial(db, lineage(stranger), 'foreign')).toBeNull()
    expect(await advanceDraft(db, stranger, id, { from: 'shadow', reason: 'foreign' })).toBe(false)
    expect(await endTrial(db, lineage(owner), 'by hand')).toEqual({ rejected: id, live })
    expect(await endTrial(db, lineage(owner), 'by hand')).toBeNull()
    expect(await statesOf(owner)).toEqual(['2 rejected', '1 live'])
  })

  it('goes on when the draft that serves is rolled back', async () => {
    const owner = await tenant('beside')
    await promoteDraft(db, owner, await candidate(owner), 'better')
    await tried(owner)
    await rollBackDraft(db, lineage(owner), 'it fell behind')
    expect(await statesOf(owner)).toEqual(['2 shadow', '1 rejected'])
  })
})

describe('trials of one tenant on two targets', () => {
  it('go their own ways, also by hand, and each key names both canaries with what they are for', async () => {
    const owner = await tenant('on two targets')
    const pepper = Buffer.from('pepper')
    const { secret } = await createApiKey(db, pepper, { tenantId: owner, name: 'k' })
    const live = await candidate(owner)
    await promoteDraft(db, owner, live, 'better')
    const [here, there] = [await tried(owner), await tried(owner, null, other)]
    expect([await trialOf(owner), await trialOf(owner, other)]).toMatchObject([{ draftId: here }, { draftId: there }])
    for (const id of [here, there]) await advanceDraft(db, owner, id, { from: 'shadow', reason: 'better' })
    const { adapters = [], canaries = [] } = (await authenticate(db, pepper, secret)) ?? {}
    expect(adapters).toMatchObject([{ id: live, target: { name: 'm', fingerprint: 'f1' } }])
    expect([...canaries].sort((a, b) => a.target.name.localeCompare(b.target.name))).toMatchObject([
      { id: here, target: { name: 'm', fingerprint: 'f1' } },
      { id: there, target: { name: 'n', fingerprint: 'f2' } },
    ])
    expect(await endTrial(db, lineage(owner, other), 'by hand')).toEqual({ rejected: there, live: null })
    expect(await statesOf(owner)).toEqual(['3 rejected', '2 canary', '1 live'])
  })

  it('end where nobody serves the target any more, and nothing of them is left', async () => {
    const gone = await registerTarget(db, { name: 'gone', fingerprint: 'f3', form: 'form' })
    const owner = await tenant('away')
    const [shadow, canary] = [await tried(owner, null, gone), await tried(owner)]
    await advanceDraft(db, owner, canary, { from: 'shadow', reason: 'better' })
    await db.pool.query(`update targets set last_seen_at = now() - interval '8 days' where id = $1`, [gone.id])
    expect(await retireDraftsAway(db, TARGET_AWAY_MS)).toEqual([`adapters/${owner}/${shadow}`])
    expect(await trialOf(owner, gone)).toBeUndefined()
    expect((await db.pool.query('select from draft_trials where draft_id = $1', [shadow])).rowCount).toBe(0)
    expect((await listDraftVersions(db, owner)).find(({ id }) => id === shadow)).toMatchObject({
      ...{ state: 'rejected', reason: 'Nobody serves its target any more.' },
    })
    expect(await trialOf(owner)).toMatchObject({ draftId: canary, stage: 'canary' })
  })
})

describe('what a run found better', () => {
  it.each([
    ['tokens', 'staged', 'shadow'],
    ['tokens', 'direct', 'live'],
    ['ordered', 'staged', 'live'],
  ] as const)('of a run by %s, %s, is %s', async (trigger, promotion, state) => {
    const owner = await tenant(`published ${trigger} ${promotion}`)
    await orderTrainingRun(db, lineage(owner), trigger)
    const run = await claimTrainingRun(db, { trainer: 'one', targetId: target.id, leaseMs: 60_000, attemptsMax: 3 })
    const lease = { runId: run?.id ?? '', trainer: 'one', attempt: 1 }
    const draft = newDraft(owner)
    const result = { state: 'promoted', reason: 'better', tokens: 9, tracesUntil: 'a', baseline: null } as const
    const publication = { promotion, judgedUntil: 'traces/b' }
    expect(await finishTrainingRun(db, owner, lease, { ...result, candidate: null, draft }, publication)).toBe(true)
    expect(await statesOf(owner)).toEqual([`1 ${state}`])
    expect((await trialOf(owner))?.judgedUntil).toBe(state === 'shadow' ? 'traces/b' : undefined)
  })
})

it('a draft that serves at once ends the trial of an older one', async () => {
  const owner = await tenant('overtaken')
  const older = await tried(owner)
  await orderTrainingRun(db, lineage(owner), 'ordered')
  const run = await claimTrainingRun(db, { trainer: 'one', targetId: target.id, leaseMs: 60_000, attemptsMax: 3 })
  const lease = { runId: run?.id ?? '', trainer: 'one', attempt: 1 }
  const draft = newDraft(owner)
  const figures = { tokens: 9, tracesUntil: null, baseline: null, candidate: null }
  await finishTrainingRun(db, owner, lease, { state: 'promoted', reason: 'better', ...figures, draft })
  expect(await statesOf(owner)).toEqual(['2 live', '1 rejected'])
  expect((await listDraftVersions(db, owner)).find(({ id }) => id === older)?.reason).toContain('A newer candidate')
})

describe('a judgement', () => {
  const claim = (trainer: string, on = target, leaseMs = 60_000) =>
    claimJudgement(db, { trainer, leaseMs, targetId: on.id })

  it('is ordered once, in one hand, and writes witnesses and how far it came together', async () => {
    const owner = await tenant('judged')
    const id = await tried(owner, 'traces/a')
    expect(await claim('one')).toBeNull()
    expect(await orderJudgements(db, [id])).toBe(1)
    expect(await orderJudgements(db, [id])).toBe(0)
    const claims = await Promise.all(['one', 'two', 'three'].map((name) => claim(name)))
    const claimed = claims.filter((each) => each !== null)
    expect(claimed).toMatchObject([{ tenantId: owner, judgedUntil: 'traces/a', attempts: 1, draft: { id } }])
    const trainer = ['one', 'two', 'three'][claims.findIndex((each) => each !== null)] ?? ''
    const lease = { draftId: id, trainer, attempt: 1 }
    const found = { witnesses: [witness('req_1'), witness('req_1'), witness('req_2')], judgedUntil: 'traces/b' }
    expect(await finishJudgement(db, { ...lease, trainer: 'gone' }, found)).toBe(false)
    expect(await finishJudgement(db, lease, found)).toBe(true)
    expect(await finishJudgement(db, lease, found)).toBe(false)
    expect(await trialOf(owner)).toMatchObject({ judgedUntil: 'traces/b', judging: false, witnesses: 2 })
  })

  it('is claimed for its own target alone', async () => {
    const owner = await tenant('judged elsewhere')
    const id = await tried(owner, null, other)
    await orderJudgements(db, [id])
    expect(await claim('here')).toBeNull()
    expect(await claim('there', other)).toMatchObject({ draft: { id } })
  })

  it('of a trainer that was killed or stopped is taken up by another, and the first can write nothing', async () => {
    const owner = await tenant('judged twice')
    const id = await tried(owner)
    await orderJudgements(db, [id])
    await claim('killed')
    const lost = { draftId: id, trainer: 'killed', attempt: 1 }
    expect(await beatJudgement(db, lost)).toBe(true)
    await db.pool.query(`update draft_trials set heartbeat_at = now() - interval '61 seconds' where draft_id = $1`, [
      id,
    ])
    expect(await claim('stopped')).toMatchObject({ attempts: 2 })
    expect(await beatJudgement(db, lost)).toBe(false)
    expect(await finishJudgement(db, lost, { witnesses: [witness('req_1')], judgedUntil: null })).toBe(false)
    await releaseJudgement(db, { draftId: id, trainer: 'stopped', attempt: 2 })
    expect(await claim('another')).toMatchObject({ attempts: 2 })
    await endTrial(db, lineage(owner), 'enough')
    expect(await beatJudgement(db, { draftId: id, trainer: 'another', attempt: 2 })).toBe(false)
  })
})

describe('a canary', () => {
  it('is what a key names beside the live adapter, from its first stage in serving to its end', async () => {
    const owner = await tenant('keys')
    const pepper = Buffer.from('pepper')
    const { secret } = await createApiKey(db, pepper, { tenantId: owner, name: 'k' })
    const named = async () => {
      const key = await authenticate(db, pepper, secret)
      return [key?.adapters.map((adapter) => adapter.id), key?.canaries]
    }
    const id = await tried(owner)
    expect(await named()).toEqual([[], []])
    await advanceDraft(db, owner, id, { from: 'shadow', reason: 'better' })
    expect(await named()).toEqual([
      [],
      [{ id, contentHash: 'ab', key: `adapters/${owner}/${id}`, target: { name: 'm', fingerprint: 'f1' } }],
    ])
    await advanceDraft(db, owner, id, { from: 'canary', reason: 'better' })
    expect(await named()).toEqual([[id], []])
  })

  it("is judged by its own tenant's requests, each once, however often a batch is written", async () => {
    const [owner, stranger] = [await tenant('counted'), await tenant('counted too')]
    const id = await tried(owner)
    const said = (tenantId: string, request: string, batch: string, on = target) =>
      served(tenantId, [{ draftId: id, ...witness(request) }], batch, on)
    await said(owner, 'req_0', 'a')
    await advanceDraft(db, owner, id, { from: 'shadow', reason: 'better' })
    await Promise.all(Array.from({ length: 6 }, () => said(owner, 'req_1', 'b')))
    await said(owner, 'req_1', 'c')
    await said(stranger, 'req_2', 'd')
    await said(owner, 'req_4', 'f', other)
    await served(owner, [{ draftId: 'adp_unknown', ...witness('req_3') }], 'e')
    expect(await trialWitnessesOf(db, [id])).toEqual([{ draftId: id, ...witness('req_1') }])
    expect(await trialOf(owner)).toMatchObject({ stage: 'canary', witnesses: 1 })
  })

  it('takes witnesses up to a bound against each rival, whoever is there to read them', async () => {
    const owner = await tenant('unread')
    const id = await tried(owner)
    await advanceDraft(db, owner, id, { from: 'shadow', reason: 'better' })
    for (let batch = 0; batch < 40; batch++) {
      const some = Array.from({ length: 16 }, (_, at) => ({ draftId: id, ...witness(`req_${batch} ${at}`) }))
      await served(owner, some)
    }
    await served(owner, [{ draftId: id, ...witness('req_1', { rival: 'adp_other' }) }])
    expect(await trialOf(owner)).toMatchObject({ witnesses: 512 + 1 })
  })

  it('says nothing of the draft that serves', async () => {
    const owner = await tenant('apart')
    const live = await candidate(owner)
    await promoteDraft(db, owner, live, 'better')
    const id = await tried(owner)
    await advanceDraft(db, owner, id, { from: 'shadow', reason: 'better' })
    const arm = { arm: 'adaptive', steps: 4, committedTokens: 8, proposed: [], accepted: [] }
    const arms = [
      { ...arm, draftVersion: live },
      { ...arm, draftVersion: id, committedTokens: 4 },
    ]
    const at = new Date('2026-03-01T10:02:00Z')
    await recordAcceptance(db, { id: 'apart', targetId: target.id, entries: [{ tenantId: owner, at, arms }] })
    const steps = await stepsBetween(db, new Date('2026-03-01T10:00:00Z'), new Date('2026-03-01T11:00:00Z'))
    expect(steps.filter(({ tenantId }) => tenantId === owner)).toEqual([
      { tenantId: owner, targetId: target.id, arm: 'adaptive', steps: 4, committed: 8 },
    ])
  })
})
