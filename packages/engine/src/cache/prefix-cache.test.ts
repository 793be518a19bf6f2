import { CostTable, SuffixSpeculator } from '@foretoken/drafting'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Engine } from '../engine.ts'
import type { EngineOptions } from '../options.ts'
import type { GenerationEvent, GenerationRequest, Usage } from '../request.ts'
import { PLAIN } from '../sampling/testing.ts'
import { RememberingTarget } from '../testing/remembering-target.ts'
import type { Trace } from '../trace/trace.ts'
import { cacheRowBytes } from './arena.ts'
import type { PrefixLookup } from './prefix-cache.ts'

const { shape } = new RememberingTarget()
const BLOCK = 16
const BLOCK_BYTES = BLOCK * cacheRowBytes(shape)
/** A budget in which that many blocks are the prefix cache's, and the arena has plenty. */
const roomFor = (blocks: number) => {
  const cacheBytesMax = 64 << 20
  return { cacheBytesMax, prefixCacheShare: ((blocks + 0.5) * BLOCK_BYTES) / cacheBytesMax }
}

function start(options: Partial<EngineOptions> = {}) {
  const target = new RememberingTarget()
  const costs = new CostTable([
    { batch: 1, length: 1, ms: 10 },
    { batch: 1, length: 17, ms: 11 },
  ])
  const lookups: PrefixLookup[] = []
  const traces = new Map<string, Trace>()
  const engine = new Engine(
    {
      target,
      tokens: { eosIds: [], bytesOf: (id) => Uint8Array.of(65 + id) },
      speculators: [new SuffixSpeculator({ endIds: [] })],
      costs,
    },
    {
      prefillRows: 20,
      observer: { prefill: ({ lookup }) => lookup && lookups.push(lookup) },
      traces: { record: (trace) => traces.set(`${trace.request} ${trace.tokens}`, trace) },
      ...options,
    },
  )
  return { engine, target, lookups, traces }
}

const asked: GenerationRequest = {
  id: 'req_1',
  tenant: 'ten_a',
  prompt: [1],
  choices: 1,
  completionTokensMax: 20,
  sampling: { ...PLAIN, temperature: 0 },
  stopStrings: [],
  speculation: { arm: 'none' },
  learn: true,
}

interface Outcome {
  readonly choices: readonly string[]
  readonly usage: Usage
}

async function generate(engine: Engine, change: Partial<GenerationRequest>): Promise<Outcome> {
  const admission = engine.admit({ ...asked, ...change })
  if (!admission.ok) throw admission.error
  const events: GenerationEvent[] = []
  for await (const event of admission.events) events.push(event)
  const end = events.at(-1)
  if (end?.type !== 'end') throw new Error('no end')
  const choices = Array.from({ length: change.choices ?? 1 }, (_, choice) =>
    events.map((event) => (event.type === 'text' && event.choice === choice ? event.text : '')).join(''),
  )
  return { choices, usage: end.usage }
}

/** The tokens that a text was written from. */
const tokensOf = (text = '') => [...text].map((letter) => letter.charCodeAt(0) - 65)

const counting = (length: number, first = 0) => Array.from({ length }, (_, at) => (first + at * 7) % 24)

describe('a prompt that begins like one of its tenant', () => {
  test('is run from where they part, in whole blocks, and says so in its usage', async () => {
    const { engine, target, lookups } = start()
    const system = counting(40)
    const first = await generate(engine, { prompt: [...system, 1, 2, 3], completionTokensMax: 1 })
    expect(first.usage).toEqual({ promptTokens: 43, cachedTokens: 0, completionTokens: 1 })
    const before = target.rows
    const second = await generate(engine, { prompt: [...system, 3, 2, 1, 0], completionTokensMax: 1 })
    expect(second.usage).toEqual({ promptTokens: 44, cachedTokens: 32, completionTokens: 1 })
    expect(target.rows - before).toBe(44 - 32)
    expect(lookups).toEqual([
      { queried: 43, hit: 0 },
      { queried: 44, hit: 32 },
    ])
    await engine.drain()
  })

  test('leaves a row to run before its last token, however much of it is known', async () => {
    const { engine } = start()
    for (const [length, cached] of [
      [1, 0],
      [16, 0],
      [17, 0],
      [18, 16],
      [33, 16],
      [34, 32],
    ] as const) {
      const prompt = counting(length, length)
      await generate(engine, { prompt })
      expect((await generate(engine, { prompt })).usage.cachedTokens).toBe(cached)
    }
    await engine.drain()
  })

  test('finds what a completion added: the next turn of a conversation', async () => {
    const { engine } = start()
    const prompt = counting(20)
    const { choices } = await generate(engine, { prompt, completionTokensMax: 50 })
    const next = await generate(engine, { prompt: [...prompt, ...tokensOf(choices[0]), 5, 6, 7] })
    expect(next.usage.cachedTokens).toBe(64)
    await engine.drain()
  })

  test('counts its cached tokens once, however many choices it has', async () => {
    const { engine } = start()
    await generate(engine, { prompt: counting(40) })
    const { usage } = await generate(engine, { prompt: counting(40), choices: 3, sampling: PLAIN })
    expect(usage).toEqual({ promptTokens: 40, cachedTokens: 32, completionTokens: 60 })
    await engine.drain()
  })

  test('is run whole where the share of memory is zero', async () => {
    const { engine, lookups } = start({ prefixCacheShare: 0 })
    await generate(engine, { prompt: counting(40) })
    expect((await generate(engine, { prompt: counting(40) })).usage.cachedTokens).toBe(0)
    expect(lookups).toEqual([])
    await engine.drain()
  })
})

describe("a tenant's prefixes", () => {
  test('are never found by another tenant', async () => {
    const { engine } = start()
    await generate(engine, { prompt: counting(40) })
    expect((await generate(engine, { tenant: 'ten_b', prompt: counting(40) })).usage.cachedTokens).toBe(0)
    await engine.drain()
  })

  test('are gone when it is forgotten, and others stay', async () => {
    const { engine } = start()
    for (const tenant of ['ten_a', 'ten_b']) await generate(engine, { tenant, prompt: counting(40) })
    engine.forget('ten_a')
    expect((await generate(engine, { tenant: 'ten_a', prompt: counting(40) })).usage.cachedTokens).toBe(0)
    expect((await generate(engine, { tenant: 'ten_b', prompt: counting(40) })).usage.cachedTokens).toBe(32)
    await engine.drain()
  })

  test('are not left behind by requests that were in flight when it was forgotten', async () => {
    const { engine } = start()
    const running = engine.admit({ ...asked, prompt: counting(40), completionTokensMax: 60 })
    if (!running.ok) throw running.error
    let seen = 0
    for await (const event of running.events) if (event.type === 'text' && seen++ === 3) engine.forget('ten_a')
    expect(seen).toBeGreaterThan(4)
    expect((await generate(engine, { prompt: counting(40) })).usage.cachedTokens).toBe(0)
    await engine.drain()
  })

  test('are there also where drafts may not learn', async () => {
    const { engine } = start()
    await generate(engine, { prompt: counting(40), learn: false })
    expect((await generate(engine, { prompt: counting(40), learn: false })).usage.cachedTokens).toBe(32)
    await engine.drain()
  })
})

/** Prompts that share beginnings of any length, cut in and between blocks. */
const sharingPrompt = fc
  .tuple(fc.nat(2), fc.oneof(fc.nat(90), fc.constantFrom(16, 32, 48)), fc.array(fc.nat(23), { maxLength: 40 }))
  .map(([stem, length, rest]) => [...counting(length + (rest.length === 0 ? 1 : 0), stem), ...rest])

interface Turn extends GenerationRequest {
  /** Continues what was asked and answered that many requests ago, if it was. */
  readonly after: number
}

const anyTurn = fc
  .record({
    after: fc.integer({ min: 1, max: 20 }),
    tenant: fc.constantFrom('ten_a', 'ten_b'),
    prompt: sharingPrompt,
    choices: fc.integer({ min: 1, max: 3 }),
    completionTokensMax: fc.integer({ min: 1, max: 40 }),
    sampling: fc.constantFrom(
      { ...PLAIN, temperature: 0 },
      { ...PLAIN, seed: 3n },
      { ...PLAIN, frequencyPenalty: 0.5, seed: 9n },
    ),
    speculation: fc.constantFrom<GenerationRequest['speculation'][]>(
      { arm: 'none' },
      { arm: 'auto' },
      { arm: 'suffix', lookahead: 5 },
    ),
    learn: fc.boolean(),
  })
  .map((turn): Turn => ({ ...asked, ...turn }))

/** One after the other without the cache: the requests that the turns come to, and what is answered. */
async function withoutCache(turns: readonly Turn[]) {
  const { engine, traces } = start({ prefixCacheShare: 0 })
  const requests: GenerationRequest[] = []
  const outcomes: Outcome[] = []
  for (const [index, { after, ...turn }] of turns.entries()) {
    const [before, outcome] = [requests[index - after], outcomes[index - after]]
    const transcript = before && outcome ? [...before.prompt, ...tokensOf(outcome.choices[0])] : []
    const request = { ...turn, id: `req_${index}`, prompt: [...transcript, ...turn.prompt].slice(0, 200) }
    requests.push(request)
    outcomes.push(await generate(engine, request))
  }
  await engine.drain()
  return { requests, outcomes, traces }
}

test('outputs and traces are those without the cache, whatever is in it, and it may be too small for all of it', async () => {
  let [hits, tight] = [0, 0]
  const workload = fc.array(anyTurn, { minLength: 4, maxLength: 16 })
  await fc.assert(
    fc.asyncProperty(workload, fc.integer({ min: 1, max: 5 }), fc.nat(30), async (turns, width, blocks) => {
      const { requests, outcomes, traces } = await withoutCache(turns)
      const cached = start(roomFor(blocks))
      const got: Outcome[] = []
      const queue = [...requests.entries()]
      const lane = async () => {
        for (let next = queue.shift(); next; next = queue.shift()) got[next[0]] = await generate(cached.engine, next[1])
      }
      await Promise.all(Array.from({ length: width }, lane))
      await cached.engine.drain()
      expect(got.map(({ choices }) => choices)).toEqual(outcomes.map(({ choices }) => choices))
      expect(seenIn(cached.traces)).toEqual(seenIn(traces))
      for (const { usage } of got) expect(usage.cachedTokens).toBeLessThanOrEqual(Math.max(0, usage.promptTokens - 2))
      const hit = got.reduce((total, { usage }) => total + usage.cachedTokens, 0)
      hits += hit
      if (hit > 0 && blocks < 8) tight++
    }),
    { numRuns: 30 },
  )
  expect(hits).toBeGreaterThan(1000)
  expect(tight).toBeGreaterThan(1)
})

function seenIn(traces: ReadonlyMap<string, Trace>) {
  return [...traces].map(([id, { hidden, topIds }]) => [id, hidden, topIds]).sort()
}
