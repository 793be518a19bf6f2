import type { Database } from '@foretoken/db'
import { RecurrentDraft, readDraft } from '@foretoken/drafting'
import { adapterFiles } from '@foretoken/drafting/testing'
import { referenceTargetFolder } from '@foretoken/reference-target'
import { staticDraftFolder } from '@foretoken/static-draft'
import type OpenAI from 'openai'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { mapConcurrently } from '../engine/generate.ts'
import { randomTenantAdapter } from '../exactness/learned/adapters.ts'
import { databaseOf, forceLive, stored, storedAdapter } from './drafts.ts'
import { type Platform, startPlatform } from './platform.ts'

/**
 * The whole loop of learning, through the processes that a user starts: traffic leaves traces, a trainer makes an
 * adapter of them and says what it is worth, workers swap to what is live, and what is bad or forgotten goes. Each test
 * goes on where the one before it ended.
 */
let platform: Platform
let db: Database
let tenant: string
/** What each of some prompts was answered before anything was learned. */
let before: string[]

beforeAll(async () => {
  platform = await startPlatform()
  db = databaseOf(platform.dataDir)
  const [own] = statuses.parse(await platform.run('draft', 'status'))
  tenant = own?.tenant.id ?? ''
}, 120_000)

afterAll(async () => {
  await db.close()
  expect(await platform.stop()).toBe(0)
}, 60_000)

const PEOPLE = ['Ada', 'Bo', 'Carla', 'Dmitri', 'Edda', 'Farid', 'Greta', 'Hugo', 'Ines', 'Jonas', 'Kaya', 'Luis']
const CITIES = ['Graz', 'Lyon', 'Porto', 'Turin', 'Ghent', 'Cork', 'Basel', 'Leeds', 'Malmo', 'Bergen', 'Split']

const questions = Array.from({ length: 160 }, (_, index) => {
  const [person, city] = [PEOPLE[index % PEOPLE.length], CITIES[(index * 5) % CITIES.length]]
  const asked = index % 2 ? `What is the age of ${person} from ${city}?` : `Who lives in ${city} and is ${20 + index}?`
  return `Table people(name, age, city)\nQuestion: ${asked}`
})

const metrics = z.object({
  metrics: z.object({
    speculative_decoding: z.looseObject({
      arm_shares: z.record(z.string(), z.number()),
      draft_version: z.string().nullable(),
      num_spec_steps: z.number(),
    }),
  }),
})

/** An arm that is forced with a lookahead is verified, and named, even where drafting doesn't pay. */
async function ask(client: OpenAI, content: string, arm = 'adaptive') {
  const speculation = { arm, metrics: true, ...(arm === 'auto' ? {} : { lookahead: 4 }) }
  const body = { model: platform.ready.model, max_tokens: 40, temperature: 0, speculation }
  const answer = await client.chat.completions.create({ ...body, messages: [{ role: 'user' as const, content }] })
  const { arm_shares, draft_version, num_spec_steps } = metrics.parse(answer).metrics.speculative_decoding
  const text = answer.choices[0]?.message.content ?? ''
  return { text, shares: arm_shares, version: draft_version, steps: num_spec_steps }
}

/** The same questions again get the same answers, whatever drafts. */
async function expectSameAnswers(client = platform.client) {
  const answers = await mapConcurrently(questions.slice(0, 8), 4, (each) => ask(client, each))
  expect(answers.map(({ text }) => text)).toEqual(before)
  return answers
}

const statuses = z.array(
  z.looseObject({
    tenant: z.looseObject({ id: z.string() }),
    newTokens: z.number(),
    live: z.looseObject({ id: z.string() }).nullable(),
    versions: z.array(
      z.looseObject({
        id: z.string(),
        state: z.string(),
        reason: z.string().nullable(),
        artifactDeletedAt: z.string().nullable(),
      }),
    ),
  }),
)

async function status() {
  const [own] = statuses.parse(await platform.run('draft', 'status', '--tenant', tenant))
  if (!own) throw new Error('the tenant has no status')
  return own
}

/** Gateways know a key, and with it the live adapter, for ten seconds. */
async function servedBy(version: string | undefined): Promise<Awaited<ReturnType<typeof ask>>> {
  for (let tries = 0; tries < 200; tries++) {
    const answer = await ask(platform.client, questions[tries % 8] ?? '')
    if (version === undefined ? answer.version?.startsWith('static-') : answer.version === version) return answer
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`${version ?? 'the static draft'} never served`)
}

/** What the tenant is served with, whatever a gate would say. */
const forced = (files: ReadonlyMap<string, Uint8Array>, contentHash: string) =>
  forceLive(db, { dataDir: platform.dataDir, tenant }, { files, contentHash })
const kept = (kind: 'traces' | 'adapters') => stored(platform.dataDir, kind, tenant)

let trained: string

test('traffic leaves traces, and a trainer says in figures what it could make of them', async () => {
  const answers = await mapConcurrently(questions, 8, (each) => ask(platform.client, each, 'auto'))
  before = answers.slice(0, 8).map(({ text }) => text)
  await expect.poll(async () => (await status()).newTokens, { timeout: 60_000, interval: 1_000 }).toBeGreaterThan(1_500)
  const figures = z.looseObject({ acceptanceLength: z.number() })
  const runSchema = z.looseObject({ state: z.enum(['promoted', 'rejected']), reason: z.string(), candidate: figures })
  const run = runSchema.parse(await platform.run('draft', 'adapt', '--tenant', tenant, '--wait'))
  expect(run.reason).toMatch(/goodput over the static draft.*on \d+ held-out requests/)
  const { live, versions } = await status()
  expect(versions).toHaveLength(1)
  expect(live?.id ?? null).toBe(run.state === 'promoted' ? versions[0]?.id : null)
  trained = versions[0]?.id ?? ''
  expect(kept('adapters').filter((name) => name.includes('safetensors'))).toHaveLength(1)
}, 240_000)

let live: string

test('what is live drafts for its tenant within seconds, for nobody else, and changes no answer', async () => {
  const { files, contentHash } = storedAdapter(platform.dataDir, tenant, trained)
  live = await forced(files, contentHash)
  expect((await servedBy(live)).shares.adaptive).toBeGreaterThan(0)
  await expectSameAnswers()
  const { id } = z.looseObject({ id: z.string() }).parse(await platform.run('tenant', 'create', 'another'))
  const key = z.looseObject({ apiKey: z.string() }).parse(await platform.run('key', 'create', '--tenant', id))
  for (const { shares, version } of await expectSameAnswers(platform.clientOf(key.apiKey))) {
    expect(shares).not.toHaveProperty('adaptive')
    expect(version).toMatch(/^static-/)
  }
}, 120_000)

test('a rollback takes it out of service', async () => {
  const { rejected } = z
    .looseObject({ rejected: z.string() })
    .parse(await platform.run('draft', 'rollback', '--tenant', tenant))
  expect(rejected).toBe(live)
  const now = (await status()).live?.id
  await servedBy(now)
  await expectSameAnswers()
}, 60_000)

test('an adapter of random weights is rolled back by itself within 200 steps', async () => {
  const draft = await RecurrentDraft.open(await readDraft(staticDraftFolder), referenceTargetFolder)
  const { files, ref } = adapterFiles('adp_poison', draft.artifact, randomTenantAdapter(draft, 3, 1))
  await draft.close()
  const poison = await forced(files, ref.contentHash)
  let steps = (await servedBy(poison)).steps
  for (let index = 0; index < 400; index++) {
    const answer = await ask(platform.client, questions[index % questions.length] ?? '')
    if (answer.version?.startsWith('static-')) break
    steps += answer.steps
  }
  expect(steps).toBeLessThanOrEqual(200)
  await expect
    .poll(async () => (await status()).versions.find(({ id }) => id === poison)?.state, { timeout: 30_000 })
    .toBe('rejected')
  const reason = (await status()).versions.find(({ id }) => id === poison)?.reason
  expect(reason).toMatch(/drafted worse than the static draft.*tokens a step/)
  await expectSameAnswers()
}, 120_000)

test('one that is cut short never serves', async () => {
  const draft = await RecurrentDraft.open(await readDraft(staticDraftFolder), referenceTargetFolder)
  const { files } = adapterFiles('adp_cut', draft.artifact, randomTenantAdapter(draft, 4, 1))
  await draft.close()
  const cut = new Map([...files].map(([name, bytes]) => [name, bytes.subarray(0, bytes.length - 7)]))
  const broken = await forced(cut, 'f00d')
  await expect
    .poll(
      async () => {
        for (const { version } of await expectSameAnswers()) expect(version).not.toBe(broken)
        return (await status()).versions.find(({ id }) => id === broken)?.state
      },
      { timeout: 40_000, interval: 500 },
    )
    .toBe('rejected')
}, 60_000)

test('what was learned from a tenant can be deleted, all of it', async () => {
  expect(kept('traces').length).toBeGreaterThan(0)
  await platform.run('tenant', 'forget', tenant)
  expect(kept('traces')).toEqual([])
  expect(kept('adapters')).toEqual([])
  await servedBy(undefined)
  await expectSameAnswers()
  const { live, versions } = await status()
  expect(live).toBeNull()
  expect(versions.every(({ state, artifactDeletedAt }) => state === 'rejected' && artifactDeletedAt !== null)).toBe(
    true,
  )
}, 60_000)
