import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Database } from '@foretoken/db'
import { RecurrentDraft, readDraft } from '@foretoken/drafting'
import { adapterFiles } from '@foretoken/drafting/testing'
import { referenceTargetFolder } from '@foretoken/reference-target'
import { staticDraftFolder } from '@foretoken/static-draft'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { randomTenantAdapter } from '../exactness/learned/adapters.ts'
import { writeNewWeights } from '../targets/new-weights.ts'
import { databaseOf, forceLive } from './drafts.ts'
import { type Platform, startPlatform } from './platform.ts'

/**
 * Two targets behind one gateway, and one of them changing its weights under a tenant that has drafts on both. Each test
 * goes on where the one before it ended.
 */
const REFERENCE = 'reference-target'
const TUNED = 'tuned'
let folder: string
let platform: Platform
let db: Database

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'foretoken-targets-'))
  await writeNewWeights(join(folder, TUNED), 1)
  platform = await startPlatform({}, ['--model', REFERENCE, '--model', join(folder, TUNED)])
  db = databaseOf(platform.dataDir)
}, 180_000)
afterAll(async () => {
  await db.close()
  expect(await platform.stop()).toBe(0)
  await rm(folder, { recursive: true })
}, 60_000)

const answerSchema = z.object({
  metrics: z.object({ speculative_decoding: z.looseObject({ draft_version: z.string().nullable() }) }),
})

async function ask(model: string) {
  const speculation = { arm: 'adaptive', lookahead: 4, metrics: true }
  const messages = [{ role: 'user' as const, content: 'list all files larger than 10 MB' }]
  const answer = await platform.client.chat.completions.create({
    ...{ model, messages, max_tokens: 24, temperature: 0, speculation },
  })
  const { draft_version: version } = answerSchema.parse(answer).metrics.speculative_decoding
  return { text: answer.choices[0]?.message.content ?? '', version }
}

const processes = z.array(
  z.looseObject({
    role: z.string(),
    pid: z.number(),
    details: z.looseObject({
      target: z.object({ name: z.string(), fingerprint: z.string() }).optional(),
      staticDraft: z.string().optional(),
    }),
  }),
)

async function workerOf(model: string) {
  const all = processes.parse(await platform.run('status'))
  return all.find(({ role, details }) => role === 'worker' && details.target?.name === model)
}

const statuses = z.array(
  z.looseObject({
    target: z.object({ name: z.string(), fingerprint: z.string() }),
    live: z.looseObject({ id: z.string() }).nullable(),
    versions: z.array(z.looseObject({ id: z.string(), state: z.string(), fingerprint: z.string().nullable() })),
  }),
)

async function statusOf(model: string) {
  const all = statuses.parse(await platform.run('draft', 'status', '--tenant', platform.ready.tenant))
  return all.find(({ target }) => target.name === model)
}

/** New weights in the folder of a model that runs, whose worker then begins again with them. */
async function changeWeights(seed: number): Promise<void> {
  const before = await workerOf(TUNED)
  await writeNewWeights(join(folder, TUNED), seed)
  process.kill(before?.pid ?? 0, 'SIGKILL')
  const changed = async () => (await workerOf(TUNED))?.details.target?.fingerprint
  await expect
    .poll(async () => ![undefined, before?.details.target?.fingerprint].includes(await changed()), {
      ...{ timeout: 120_000, interval: 1_000 },
    })
    .toBe(true)
}

/** Which draft serves from some moment on: gateways know a key for ten seconds. */
const servedBy = (model: string) =>
  expect.poll(
    () =>
      ask(model)
        .then(({ version }) => version)
        .catch(() => 'away'),
    { timeout: 60_000, interval: 500 },
  )

const drafts = new Map<string, string>()

test('`up` with two models serves both, and knows which of them has a static draft of its own', async () => {
  expect(platform.ready.models).toEqual([REFERENCE, TUNED])
  const listed = (await platform.client.models.list()).data.map(({ id }) => id)
  expect(listed.sort()).toEqual([REFERENCE, TUNED])
  for (const model of [REFERENCE, TUNED]) expect((await ask(model)).version).toMatch(/^static-/)
  await expect(ask('gpt-none')).rejects.toMatchObject({ status: 404, code: 'model_not_found' })
  expect((await workerOf(REFERENCE))?.details.staticDraft).toBe('own')
  expect((await workerOf(TUNED))?.details.staticDraft).toBe('taken over')
  const all = processes.parse(await platform.run('status'))
  const trainers = all.flatMap(({ role, details }) => (role === 'trainer' ? (details.target?.name ?? []) : []))
  expect(trainers.sort()).toEqual([REFERENCE, TUNED])
}, 60_000)

test('a tenant has a draft on each, and none of them ever serves the other', async () => {
  const before = new Map([
    [REFERENCE, (await ask(REFERENCE)).text],
    [TUNED, (await ask(TUNED)).text],
  ])
  const draft = await RecurrentDraft.open(await readDraft(staticDraftFolder), referenceTargetFolder)
  // Both are deltas on the same static draft, so only their targets tell them apart.
  for (const [model, seed] of [
    [REFERENCE, 1],
    [TUNED, 2],
  ] as const) {
    const { files, ref } = adapterFiles('adp_any', draft.artifact, randomTenantAdapter(draft, seed, 1e-3))
    const at = { dataDir: platform.dataDir, tenant: platform.ready.tenant, model }
    drafts.set(model, await forceLive(db, at, { files, contentHash: ref.contentHash }))
  }
  await draft.close()
  for (const model of [REFERENCE, TUNED]) await servedBy(model).toBe(drafts.get(model))
  for (let round = 0; round < 4; round++) {
    for (const model of [REFERENCE, TUNED]) {
      expect(await ask(model)).toEqual({ text: before.get(model), version: drafts.get(model) })
    }
  }
}, 120_000)

test('a draft of the weights before does not serve the new ones, stays in the lineage, and serves the old ones again', async () => {
  const own = drafts.get(TUNED)
  const first = (await statusOf(TUNED))?.target.fingerprint
  await changeWeights(2)
  await servedBy(TUNED).toMatch(/^static-/)
  for (let times = 0; times < 5; times++) expect((await ask(TUNED)).version).toMatch(/^static-/)
  const after = await statusOf(TUNED)
  expect(after?.target.fingerprint).not.toBe(first)
  expect([after?.live, after?.versions]).toMatchObject([null, [{ id: own, state: 'live', fingerprint: first }]])
  expect((await ask(REFERENCE)).version).toBe(drafts.get(REFERENCE))
  await changeWeights(1)
  await servedBy(TUNED).toBe(own)
  expect((await statusOf(TUNED))?.live).toMatchObject({ id: own })
}, 240_000)
