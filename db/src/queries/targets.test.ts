import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Database, openDatabase } from '../database.ts'
import { newId } from '../ids.ts'
import { createApiKey } from '../keys/keys.ts'
import { temporaryDatabase } from '../testing.ts'
import { recordAcceptance } from './acceptance.ts'
import { decisionsOf, recordDecisions } from './decisions.ts'
import { adoptDraft, draftOfEarlierWeights, draftsWithoutTarget, retireDraftsAway } from './draft-targets.ts'
import { acceptanceByVersion, listDraftVersions, liveDraftVersion } from './drafts.ts'
import { createCandidate, promoteDraft } from './promotion.ts'
import { findTargets, registerTarget } from './targets.ts'
import { createTenant } from './tenants.ts'
import { latestTrainingRuns, orderTrainingRun } from './training-runs.ts'
import { recordUsage } from './usage.ts'

let db: Database
let drop: () => Promise<void>
let owner: string

beforeEach(async () => {
  const temporary = await temporaryDatabase()
  db = openDatabase(temporary.url)
  drop = temporary.drop
  const created = await createTenant(db, 'acme')
  if (!created.ok) throw new Error('name taken')
  owner = created.tenant.id
})
afterEach(() => db.close().then(drop))

const register = (name: string, fingerprint: string, form = 'form') => registerTarget(db, { name, fingerprint, form })

async function live(targetId: string): Promise<string> {
  const id = newId('adapter')
  const key = `adapters/${owner}/${id}`
  await createCandidate(db, { id, tenantId: owner, targetId, contentHash: 'ab', artifactUri: key })
  await promoteDraft(db, owner, id, 'better')
  return id
}

async function ask(model: string): Promise<void> {
  const { id: keyId } = await createApiKey(db, Buffer.from('pepper'), { tenantId: owner, name: model })
  const at = new Date(Date.now() - 1_000)
  const facts = { endpoint: 'completions', stream: true, status: 'completed', errorCode: null } as const
  const counts = { promptTokens: 1, cachedTokens: 0, completionTokens: 1 }
  const request = { requestId: `req_${model}`, tenantId: owner, keyId, model, startedAt: at, finishedAt: at }
  await recordUsage(db, [{ ...request, ...facts, ...counts, speculation: null }])
}

/** What a platform of before wrote: nothing of it names a target. */
async function past(): Promise<string> {
  const { id: targetId } = await register('past', 'f0')
  const draft = await live(targetId)
  await orderTrainingRun(db, { tenantId: owner, targetId }, 'tokens')
  const arms = [{ arm: 'static', draftVersion: null, steps: 3, committedTokens: 6, proposed: [3], accepted: [3] }]
  await recordAcceptance(db, { id: 'b', targetId, entries: [{ tenantId: owner, at: new Date(), arms }] })
  const decision = {
    topic: 'training',
    kind: 'wait',
    changes: false,
    value: 0,
    inputs: {},
    alternatives: [],
    reason: '',
  }
  await recordDecisions(db, [{ tenantId: owner, targetId, ...decision }])
  for (const table of ['draft_versions', 'training_runs', 'acceptance_stats', 'decisions']) {
    await db.pool.query(`update ${table} set target_id = null`)
  }
  await db.pool.query('delete from targets')
  return draft
}

const figures = async () => [
  (await latestTrainingRuns(db, owner, 1))[0]?.targetId,
  (await acceptanceByVersion(db, owner))[0]?.targetId,
  (await decisionsOf(db, owner, 1))[0]?.targetId,
]

describe('a target', () => {
  it('is one row for each name and fingerprint, whoever says at once that it is served', async () => {
    const rows = await Promise.all(Array.from({ length: 8 }, () => register('small', 'f1')))
    expect(new Set(rows.map(({ id }) => id)).size).toBe(1)
    const [newer, other] = [await register('small', 'f2'), await register('large', 'f1')]
    expect(new Set([rows[0]?.id, newer.id, other.id]).size).toBe(3)
    expect((await findTargets(db, { name: 'small' })).map(({ fingerprint }) => fingerprint)).toEqual(['f2', 'f1'])
    await register('small', 'f1')
    expect((await findTargets(db, { name: 'small' })).map(({ fingerprint }) => fingerprint)).toEqual(['f1', 'f2'])
  })
})

describe('what a platform of before has learned', () => {
  it('is inherited, as far as it is figures, by the target that its tenants had asked for', async () => {
    await past()
    await ask('small')
    const large = await register('large', 'f2')
    expect(await figures()).toEqual([null, null, null])
    const { id } = await register('small', 'f1')
    expect(await figures()).toEqual([id, id, id])
    expect((await orderTrainingRun(db, { tenantId: owner, targetId: id }, 'tokens')).created).toBe(false)
    expect((await orderTrainingRun(db, { tenantId: owner, targetId: large.id }, 'tokens')).created).toBe(true)
  })

  it('serves nobody until its files have said what it is for, and then goes on as it was', async () => {
    const draft = await past()
    const { id } = await register('small', 'f1')
    expect(await liveDraftVersion(db, { tenantId: owner, targetId: id })).toBeNull()
    const [unknown, ...others] = await draftsWithoutTarget(db)
    expect([unknown?.id, others]).toEqual([draft, []])
    await adoptDraft(db, { id: draft, tenantId: owner }, id)
    expect(await liveDraftVersion(db, { tenantId: owner, targetId: id })).toMatchObject({ id: draft, version: 1 })
    expect(await draftsWithoutTarget(db)).toEqual([])
    const { id: elsewhere } = await register('large', 'f2')
    await adoptDraft(db, { id: draft, tenantId: owner }, elsewhere)
    expect(await liveDraftVersion(db, { tenantId: owner, targetId: elsewhere })).toBeNull()
  })

  it('gives way where a newer draft is live by then', async () => {
    const draft = await past()
    const { id } = await register('small', 'f1')
    const newer = await live(id)
    await adoptDraft(db, { id: draft, tenantId: owner }, id)
    const states = (await listDraftVersions(db, owner)).map((version) => [version.id, version.state])
    expect(states).toEqual([
      [newer, 'live'],
      [draft, 'retired'],
    ])
  })
})

describe('drafts of weights that nobody serves any more', () => {
  it('stay where they are for a while, then their files go and their rows remain', async () => {
    const [before, now] = [await register('small', 'f1'), await register('small', 'f2')]
    const [old, current] = [await live(before.id), await live(now.id)]
    await db.pool.query(`update targets set last_seen_at = now() - interval '6 days' where id = $1`, [before.id])
    const week = 7 * 24 * 3_600_000
    expect(await retireDraftsAway(db, week)).toEqual([])
    expect(await liveDraftVersion(db, { tenantId: owner, targetId: before.id })).toMatchObject({ id: old })
    await db.pool.query(`update targets set last_seen_at = now() - interval '8 days' where id = $1`, [before.id])
    expect(await retireDraftsAway(db, week)).toEqual([`adapters/${owner}/${old}`])
    expect(await retireDraftsAway(db, week)).toEqual([])
    const rows = (await listDraftVersions(db, owner)).map(({ id, state, artifactDeletedAt }) => [
      id,
      state,
      artifactDeletedAt !== null,
    ])
    expect(rows).toEqual([
      [current, 'live', false],
      [old, 'retired', true],
    ])
  })

  it('are what a rollout begins with: those of the last weights of the same name and form', async () => {
    const [first, second, next] = [await register('m', 'f1'), await register('m', 'f2'), await register('m', 'f3')]
    expect(await draftOfEarlierWeights(db, owner, next)).toBeNull()
    await live((await register('m', 'f4', 'another form')).id)
    await live((await register('another name', 'f1')).id)
    expect(await draftOfEarlierWeights(db, owner, next)).toBeNull()
    const [older, newer] = [await live(first.id), await live(second.id)]
    expect((await draftOfEarlierWeights(db, owner, next))?.id).toBe(newer)
    await register('m', 'f1')
    expect((await draftOfEarlierWeights(db, owner, next))?.id).toBe(older)
    await live(next.id)
    expect((await draftOfEarlierWeights(db, owner, next))?.id).toBe(older)
  })
})
