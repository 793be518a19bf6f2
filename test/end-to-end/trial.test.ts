import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  acceptanceByVersion,
  advanceDraft,
  createCandidate,
  type Database,
  decisionsOf,
  endTrial,
  findTargets,
  listDraftVersions,
  liveDraftVersion,
  newId,
  tryDraft,
} from '@foretoken/db'
import { RecurrentDraft, readDraft } from '@foretoken/drafting'
import { adapterFiles } from '@foretoken/drafting/testing'
import { referenceTargetFolder } from '@foretoken/reference-target'
import { staticDraftFolder } from '@foretoken/static-draft'
import { openObjectStore } from '@foretoken/storage'
import { referenceWorkloads } from '@foretoken/workloads'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { mapConcurrently } from '../engine/generate.ts'
import { randomTenantAdapter } from '../exactness/learned/adapters.ts'
import { databaseOf } from './drafts.ts'
import { type Platform, startPlatform } from './platform.ts'

/**
 * A draft's whole way through the processes that a user starts: traffic starts a run, what that found better is tried as
 * shadow and as canary on the traffic that follows, and serves when it has shown itself. Each test goes on where the one
 * before it ended.
 */
let platform: Platform
let db: Database
let tenant: string
let lineage: { readonly tenantId: string; readonly targetId: string }

beforeAll(async () => {
  platform = await startPlatform({ FORETOKEN_ROUND_MS: '500', FORETOKEN_TRAIN_AFTER_TOKENS: '6000' })
  db = databaseOf(platform.dataDir)
  const { rows } = await db.pool.query('select id from tenants')
  tenant = rows[0]?.id ?? ''
  const [target] = await findTargets(db)
  if (!target) throw new Error('nothing is served')
  lineage = { tenantId: tenant, targetId: target.id }
}, 120_000)

afterAll(async () => {
  await db.close()
  expect(await platform.stop()).toBe(0)
}, 60_000)

const sql = referenceWorkloads.find(({ name }) => name === 'sql')
if (!sql) throw new Error('there is no workload of SQL')
const prompts = sql.prompts(1)
/** What was asked, and what came of it, so that it can be asked again. */
const asked: { messages: ReturnType<typeof prompts.next>['value']; text: string }[] = []

async function ask(messages: ReturnType<typeof prompts.next>['value']): Promise<string> {
  const body = { model: platform.ready.model, max_tokens: 96, temperature: 0 }
  const answer = await platform.client.chat.completions.create({ ...body, messages: [...messages] })
  return answer.choices[0]?.message.content ?? ''
}

async function send(requests: number): Promise<void> {
  const fresh = Array.from({ length: requests }, () => prompts.next().value)
  const texts = await mapConcurrently(fresh, 8, ask)
  asked.push(...fresh.map((messages, at) => ({ messages, text: texts[at] ?? '' })))
}

/** The tenant goes on asking until then. */
async function sendUntil(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 240_000
  while (!(await isSo())) {
    if (Date.now() > deadline)
      throw new Error(`it never came to that: ${JSON.stringify(await decisionsOf(db, tenant, 5))}`)
    await send(16)
  }
}

const versions = () => listDraftVersions(db, tenant)
const stateOf = async (id: string) => (await versions()).find((version) => version.id === id)?.state
const isDecided = async (id: string) => !['shadow', 'canary'].includes((await stateOf(id)) ?? '')

/** What was answered while nothing of its own drafted, while a candidate did, and since, is answered alike now. */
async function expectSameAnswers(): Promise<void> {
  const some = asked.filter((_, at) => at % Math.ceil(asked.length / 24) === 0)
  const texts = await mapConcurrently(some, 4, ({ messages }) => ask(messages))
  expect(texts).toEqual(some.map(({ text }) => text))
}

/** A draft of random weights, which no run would let pass. */
async function badDraft(seed: number): Promise<string> {
  const draft = await RecurrentDraft.open(await readDraft(staticDraftFolder), referenceTargetFolder)
  const id = newId('adapter')
  const { files, ref } = adapterFiles(id, draft.artifact, randomTenantAdapter(draft, seed, 1))
  await draft.close()
  const artifactUri = `adapters/${tenant}/${id}`
  const store = openObjectStore(pathToFileURL(join(platform.dataDir, 'objects')).href)
  for (const [name, bytes] of files) await store.put(`${artifactUri}/${name}`, bytes)
  await createCandidate(db, { id, ...lineage, contentHash: ref.contentHash, artifactUri })
  const newest = await db.pool.query('select max(traces_until) as until from training_runs')
  await tryDraft(db, tenant, id, { reason: 'Forced by a test.', judgedUntil: newest.rows[0]?.until ?? null })
  return id
}

let live: string

test('a run puts what it found better on trial; the traffic that follows makes it serve, and says why', async () => {
  await sendUntil(async () => (await versions()).length > 0)
  live = (await versions())[0]?.id ?? ''
  await sendUntil(() => isDecided(live))
  expect(await stateOf(live)).toBe('live')
  const changes = (await decisionsOf(db, tenant, 50)).filter(({ topic, changes }) => topic === 'trial' && changes)
  expect(changes.map(({ reason }) => reason)).toEqual([
    expect.stringMatching(/^From canary to live\. Better: .* goodput over the static draft .* requests\.$/),
    expect.stringMatching(/^From shadow to canary\. Better: .* goodput over the static draft .* requests\.$/),
  ])
  await expectSameAnswers()
  await holdStill()
}, 600_000)

/** No more runs: what they find would take the place of what the next tests try. */
async function holdStill(): Promise<void> {
  await platform.run('draft', 'hold', tenant, 'on')
  const openRuns = async () =>
    (await db.pool.query('select from training_runs where finished_at is null and tenant_id = $1', [tenant])).rowCount
  await expect.poll(openRuns, { timeout: 180_000, interval: 500 }).toBe(0)
  await endTrial(db, lineage, 'Ended by a test.')
}

test('a bad shadow goes without having drafted anything', async () => {
  const bad = await badDraft(3)
  await sendUntil(() => isDecided(bad))
  const version = (await versions()).find(({ id }) => id === bad)
  expect(version).toMatchObject({ state: 'rejected', reason: expect.stringMatching(/slower than .* as shadow/) })
  expect((await acceptanceByVersion(db, tenant)).filter(({ draftVersion }) => draftVersion === bad)).toEqual([])
  expect((await liveDraftVersion(db, lineage))?.id).toBe(live)
}, 300_000)

test('a bad canary is taken out by the worker that drafts with it; what serves goes on, and no answer changes', async () => {
  const bad = await badDraft(4)
  await advanceDraft(db, tenant, bad, { from: 'shadow', reason: 'Forced by a test.' })
  await sendUntil(() => isDecided(bad))
  const version = (await versions()).find(({ id }) => id === bad)
  expect(version?.state).toBe('rejected')
  expect(version?.reason).toMatch(/drafted worse than the static draft|slower than the current adapter/)
  expect((await liveDraftVersion(db, lineage))?.id).toBe(live)
  const steps = (await acceptanceByVersion(db, tenant)).find(({ draftVersion }) => draftVersion === bad)?.steps ?? 0
  expect(steps).toBeLessThan(400)
  await expectSameAnswers()
}, 300_000)

test('an operator ends a trial, and what serves goes on', async () => {
  const bad = await badDraft(5)
  expect(await platform.run('draft', 'status')).toMatchObject([{ trial: { id: bad, stage: 'shadow' } }])
  expect(await platform.run('draft', 'rollback', '--tenant', tenant)).toMatchObject({
    rejected: bad,
    live,
    trial: true,
  })
  expect(await platform.run('draft', 'status')).toMatchObject([{ trial: null, live: { id: live } }])
}, 60_000)
