import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Database } from '@foretoken/db'
import { referenceWorkloads, textsOf } from '@foretoken/workloads'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { databaseOf, forceLive, storedAdapter } from './drafts.ts'
import { type Platform, startPlatform } from './platform.ts'

/**
 * A tenant that brings its history: what it asked elsewhere becomes a draft of its own, through the processes that a
 * user starts, before it has sent anything here. Each test goes on where the one before it ended.
 */
let platform: Platform
let db: Database
let folder: string
let tenant: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'foretoken-history-'))
  platform = await startPlatform()
  db = databaseOf(platform.dataDir)
  tenant = z.looseObject({ id: z.string() }).parse(await platform.run('tenant', 'create', 'newcomer')).id
}, 120_000)
afterAll(async () => {
  await db.close()
  expect(await platform.stop()).toBe(0)
  rmSync(folder, { recursive: true })
}, 180_000)

/** Questions to tables, an unending stream of different ones. */
const questions = referenceWorkloads.filter(({ name }) => name === 'sql').map((workload) => textsOf(workload, 7))[0]
const question = (): string => questions?.next().value ?? ''

const user = () => ({ role: 'user', content: question() })

/** Prompts, and some conversations of two turns. */
function writeHistory(): string {
  const path = join(folder, 'history.jsonl')
  const lines = Array.from({ length: 180 }, (_, at) =>
    at % 10 === 0
      ? { messages: [user(), { role: 'assistant', content: 'SELECT name FROM data;' }, user()] }
      : { prompt: question() },
  )
  writeFileSync(path, lines.map((line) => JSON.stringify(line)).join('\n'))
  return path
}

const custom = (prompts: string, ...more: string[]) =>
  platform.run('draft', 'custom', '--tenant', tenant, '--prompts', prompts, '--tokens', '3000', ...more)

const resultSchema = z.looseObject({
  answers: z.number(),
  earlier: z.number(),
  tokens: z.number(),
  run: z.looseObject({
    state: z.enum(['promoted', 'rejected']),
    reason: z.string(),
    tokens: z.number(),
    draftId: z.string(),
  }),
})
const statusSchema = z.tuple([
  z.looseObject({ live: z.looseObject({ id: z.string() }).nullable(), arms: z.array(z.unknown()) }),
])
const status = async () => statusSchema.parse(await platform.run('draft', 'status', '--tenant', tenant))[0]

const answerSchema = z.object({
  metrics: z.object({ speculative_decoding: z.looseObject({ draft_version: z.string().nullable() }) }),
})

let file: string
let first: z.infer<typeof resultSchema>
let draft: string

test('a history becomes a draft that the gate judges, before the first request', async () => {
  file = writeHistory()
  first = resultSchema.parse(await custom(file, '--wait'))
  const { answers, tokens, earlier, run } = first
  expect(earlier).toBe(0)
  expect(answers).toBeGreaterThan(30)
  expect(tokens).toBeGreaterThanOrEqual(3_000)
  expect(run.tokens).toBe(tokens)
  expect(run.reason).toMatch(/goodput over the static draft.*on \d+ held-out requests/)
  const { live, arms } = await status()
  expect(live?.id ?? null).toBe(run.state === 'promoted' ? run.draftId : null)
  expect(arms).toEqual([])
  // Whether the gate lets it pass is up to what this machine costs; that it drafts is not.
  const trained = storedAdapter(platform.dataDir, tenant, run.draftId)
  draft = live?.id ?? (await forceLive(db, { dataDir: platform.dataDir, tenant }, trained))
}, 300_000)

test('it drafts as soon as the worker has read it, which the first request has it do, and changes no answer', async () => {
  const key = z.looseObject({ apiKey: z.string() }).parse(await platform.run('key', 'create', '--tenant', tenant))
  const client = platform.clientOf(key.apiKey)
  const content = question()
  const ask = async (arm: string) => {
    const speculation = { arm, metrics: true, ...(arm === 'adaptive' && { lookahead: 4 }) }
    const body = { model: platform.ready.model, max_tokens: 40, temperature: 0, speculation }
    const answer = await client.chat.completions.create({ ...body, messages: [{ role: 'user', content }] })
    const { draft_version: version } = answerSchema.parse(answer).metrics.speculative_decoding
    return { version, text: answer.choices[0]?.message.content }
  }
  const { text } = await ask('adaptive')
  // The first request does not wait for it.
  await expect.poll(async () => (await ask('adaptive')).version, { timeout: 60_000 }).toBe(draft)
  expect((await ask('adaptive')).text).toBe(text)
  expect((await ask('none')).text).toBe(text)
}, 180_000)

test('the same command again answers nothing twice; of a tenant that opted out it answers nothing', async () => {
  const again = resultSchema.omit({ run: true }).parse(await custom(file))
  expect([again.answers, again.tokens]).toEqual([first.answers, first.tokens])
  expect(again.earlier).toBe(again.answers)
  await platform.run('tenant', 'learning', tenant, 'off')
  await expect(custom(file)).rejects.toThrow('is opted out of learning')
}, 180_000)
