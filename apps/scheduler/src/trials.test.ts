import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  type AcceptanceEntry,
  claimJudgement,
  createCandidate,
  createTenant,
  type Database,
  decisionsOf,
  finishJudgement,
  type Judgement,
  listDraftVersions,
  newId,
  openDatabase,
  openTrials,
  promoteDraft,
  recordAcceptance,
  registerTarget,
  type ServedTarget,
  tryDraft,
  type Witness,
} from '@foretoken/db'
import { temporaryDatabase } from '@foretoken/db/testing'
import { DEFAULT_RULES } from '@foretoken/policy'
import { openObjectStore } from '@foretoken/storage'
import { createLogger } from '@foretoken/telemetry'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Scheduler } from './scheduler.ts'

let db: Database
let drop: () => Promise<void>
let folder: string
let target: ServedTarget
const running: Scheduler[] = []
let woken = 0
beforeEach(async () => {
  const temporary = await temporaryDatabase()
  db = openDatabase(temporary.url)
  drop = temporary.drop
  target = await registerTarget(db, { name: 'm', fingerprint: 'f1', form: 'form' })
  folder = mkdtempSync(join(tmpdir(), 'foretoken-trials-'))
  woken = 0
})
afterEach(async () => {
  await Promise.all(running.splice(0).map((scheduler) => scheduler.stop()))
  await db.close().then(drop)
  rmSync(folder, { recursive: true })
})

const store = () => openObjectStore(pathToFileURL(folder).href)

function schedule(id = 'sch_test', clock = Date.now): Scheduler {
  const scheduler = new Scheduler({
    ...{ db, id, clock, store: store(), rules: DEFAULT_RULES, roundMs: 20 },
    closeRules: { closeAfterDays: null },
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

/** A tenant with a draft that serves, if it is to have one, and another on trial. */
async function tenant(name: string, isServed = false) {
  const created = await createTenant(db, name)
  if (!created.ok) throw new Error('name taken')
  const owner = created.tenant.id
  const live = isServed ? await add(owner) : null
  if (live !== null) await promoteDraft(db, owner, live, 'better')
  return { owner, id: await tried(owner), live }
}

async function add(owner: string, on = target): Promise<string> {
  const id = newId('adapter')
  const files = { contentHash: 'ab', artifactUri: `adapters/${owner}/${id}` }
  await createCandidate(db, { id, tenantId: owner, targetId: on.id, ...files })
  return id
}

async function tried(owner: string, on = target): Promise<string> {
  const id = await add(owner, on)
  await tryDraft(db, owner, id, { reason: 'better', judgedUntil: null })
  return id
}

/** So much text is hard, and a candidate takes so many times as long for it; differently for each request. */
const witnessOf = (gain: number, rival: string) => (at: number) => {
  const hard = 60 + 30 * ((at * 7) % 5)
  const own = gain * (0.94 + 0.03 * ((at * 3) % 5))
  return {
    request: `req_${at}`,
    rival,
    rivalTokens: 60,
    rivalMs: hard,
    candidateTokens: 20,
    candidateMs: hard / 3 / own,
  }
}
const witnesses = (gain: number, count: number, rival = 'static'): Witness[] =>
  Array.from({ length: count }, (_, at) => witnessOf(gain, rival)(at))

/** What a trainer writes when it is asked. */
async function judge(found: readonly Witness[], on = target): Promise<void> {
  const claimed: Judgement[] = []
  const claim = async () => {
    const next = await claimJudgement(db, { trainer: 'one', targetId: on.id, leaseMs: 60_000 })
    if (next) claimed.push(next)
    return claimed.length
  }
  await expect.poll(claim).toBe(1)
  const lease = { draftId: claimed[0]?.draft.id ?? '', trainer: 'one', attempt: claimed[0]?.attempts ?? 0 }
  expect(await finishJudgement(db, lease, { witnesses: found, judgedUntil: 'traces/z' })).toBe(true)
}

const record = (owner: string, tokens: number, on = target) =>
  store().put(`traces/${owner}/01m00000000000000000000001-${tokens}-${on.fingerprint}.safetensors`, new Uint8Array(1))

let batches = 0
/** What a worker writes of live requests. */
function serve(owner: string, draftId: string, found: readonly Witness[]): Promise<void> {
  const arms = [{ arm: 'none', draftVersion: null, steps: 1, committedTokens: 1, proposed: [], accepted: [] }]
  const entry: AcceptanceEntry = {
    tenantId: owner,
    at: new Date(),
    arms,
    witnesses: found.map((each) => ({ draftId, ...each })),
  }
  return recordAcceptance(db, { id: `batch_${batches++}`, targetId: target.id, entries: [entry] })
}

const stateOf = async (owner: string, id: string) =>
  (await listDraftVersions(db, owner)).find((version) => version.id === id)?.state
const trialsSaid = async (owner: string) => (await decisionsOf(db, owner, 20)).filter(({ topic }) => topic === 'trial')
const changesOf = async (owner: string) =>
  (await trialsSaid(owner)).filter(({ changes }) => changes).map(({ kind, reason }) => `${kind}: ${reason}`)

describe('a draft on trial', () => {
  it('that is better goes from shadow to canary to live on evidence, each step kept with its sentence', async () => {
    const { owner, id, live } = await tenant('good', true)
    schedule()
    await expect
      .poll(() => trialsSaid(owner))
      .toMatchObject([{ kind: 'watch', reason: expect.stringContaining('0 of 16') }])
    expect(await openTrials(db)).toMatchObject([{ judging: false }])
    await record(owner, 500)
    await judge([...witnesses(1.2, 20), ...witnesses(1.1, 20, live ?? '')])
    await expect.poll(() => stateOf(owner, id)).toBe('canary')
    // What it did against another rival is no evidence against this one.
    await serve(owner, id, witnesses(0.5, 40))
    await serve(owner, id, witnesses(1.15, 31, live ?? ''))
    await expect.poll(async () => (await trialsSaid(owner))[0]?.reason).toContain('31 of 32')
    expect(await stateOf(owner, id)).toBe('canary')
    await serve(owner, id, witnesses(1.15, 32, live ?? ''))
    await expect.poll(() => stateOf(owner, id)).toBe('live')
    expect(await stateOf(owner, live ?? '')).toBe('retired')
    await expect
      .poll(() => changesOf(owner))
      .toEqual([
        expect.stringMatching(
          /^promote: From canary to live\. Better: .* over the current adapter .* on 32 requests\.$/,
        ),
        expect.stringMatching(
          /^promote: From shadow to canary\. .*the static draft.*the current adapter.*on 20 requests\.$/,
        ),
      ])
    expect(woken).toBeGreaterThan(0)
    const versions = await listDraftVersions(db, owner)
    expect(versions[0]?.reason).toContain('From canary to live')
  })

  it.each([
    ['shadow', 0.8, 20, /slower than the static draft on 20 requests as shadow/],
    ['shadow', 1, 64, /As shadow: Not surely better/],
    ['canary', 0.8, 20, /slower than the static draft on 20 requests as canary/],
    ['canary', 1, 128, /As canary: Not surely better/],
  ] as const)('as %s, of %d the goodput, goes after %i requests', async (stage, gain, count, reason) => {
    const { owner, id } = await tenant('not good')
    schedule()
    await record(owner, 500)
    if (stage === 'shadow') await judge(witnesses(gain, count))
    else {
      await judge(witnesses(1.2, 16))
      await expect.poll(() => stateOf(owner, id)).toBe('canary')
      await serve(owner, id, witnesses(gain, count))
    }
    await expect.poll(() => stateOf(owner, id)).toBe('rejected')
    await expect.poll(async () => (await changesOf(owner))[0] ?? '').toMatch(reason)
    expect(await openTrials(db)).toEqual([])
  })

  it('is judged once for what came, and again when as much came once more', async () => {
    const { owner } = await tenant('again')
    await record(owner, 500)
    schedule()
    await judge(
      witnesses(1.02, 16).map((each, at) => ({ ...each, candidateMs: each.candidateMs * (at % 2 ? 1.3 : 0.75) })),
    )
    await expect.poll(() => openTrials(db)).toMatchObject([{ judging: false, stage: 'shadow' }])
    await expect.poll(async () => (await trialsSaid(owner))[0]?.reason).toContain('Still shadow')
    expect(await openTrials(db)).toMatchObject([{ judging: false }])
    await db.pool.query(`update draft_trials set judged_until = 'traces/a'`)
    await expect.poll(() => openTrials(db)).toMatchObject([{ judging: true }])
  })

  it('is decided about on its own target alone, beside another one of its tenant', async () => {
    const { owner, id } = await tenant('two targets')
    const other = await registerTarget(db, { name: 'n', fingerprint: 'f2', form: 'another' })
    const there = await tried(owner, other)
    await record(owner, 500)
    schedule()
    await judge(witnesses(1.2, 20))
    await expect.poll(() => stateOf(owner, id)).toBe('canary')
    const said = async () => (await decisionsOf(db, owner, 20, other.id)).filter(({ topic }) => topic === 'trial')
    await expect.poll(said).toMatchObject([{ kind: 'watch', reason: expect.stringContaining('0 of 16') }])
    expect((await openTrials(db)).find(({ draftId }) => draftId === there)).toMatchObject({
      ...{ stage: 'shadow', judging: false, targetId: other.id },
    })
    await record(owner, 500, other)
    await judge(witnesses(0.8, 20), other)
    await expect.poll(() => stateOf(owner, there)).toBe('rejected')
    expect(await stateOf(owner, id)).toBe('canary')
  })

  it('of weights that nobody serves any more ends with their drafts', async () => {
    const { owner, id } = await tenant('away')
    await db.pool.query(`update targets set last_seen_at = now() - interval '8 days'`)
    schedule()
    await expect.poll(() => stateOf(owner, id)).toBe('rejected')
    expect((await listDraftVersions(db, owner))[0]?.reason).toContain('Nobody serves its target')
    expect((await db.pool.query('select from draft_trials')).rowCount).toBe(0)
  })

  it('without traffic goes when its time is up', async () => {
    const { owner, id } = await tenant('silent')
    schedule('sch_late', () => Date.now() + DEFAULT_RULES.promotion.trialMsMax)
    await expect.poll(() => stateOf(owner, id)).toBe('rejected')
    await expect.poll(async () => (await changesOf(owner))[0] ?? '').toContain('Only 0 of 16 requests came')
  })

  it('loses nothing with a scheduler that is killed at any stage, and two at once promote it once', async () => {
    const { owner, id } = await tenant('handed on')
    await record(owner, 500)
    const first = schedule('sch_a')
    await expect.poll(() => openTrials(db)).toMatchObject([{ judging: true }])
    await first.stop()
    await judge(witnesses(1.2, 16))
    const second = schedule('sch_b')
    await expect.poll(() => stateOf(owner, id)).toBe('canary')
    await second.stop()
    await serve(owner, id, witnesses(1.2, 32))
    // Both believe that they lead: the lease is given away under their feet.
    const stealing = setInterval(() => void db.pool.query(`update leases set until = now() - interval '1 s'`), 5)
    schedule('sch_c')
    schedule('sch_d')
    await expect.poll(() => stateOf(owner, id)).toBe('live')
    clearInterval(stealing)
    await expect.poll(() => changesOf(owner)).toHaveLength(2)
    expect((await listDraftVersions(db, owner)).filter(({ state }) => state === 'live')).toHaveLength(1)
  })
})
