import { SuffixSpeculator } from '@foretoken/drafting'
import { type GenerationRequest, plainSampling } from '@foretoken/engine'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ScriptedNeural, truthKey } from '../scripted-neural.ts'
import { hashTarget } from './hash-target.ts'
import { budgetOf, type Served, serve } from './serve.ts'

const { shape } = hashTarget
const ROW_BYTES = shape.layers * 2 * shape.keyValueHeads * shape.headDim * 4
const END = 1
const RUNS = Number(process.env.EXACTNESS_RUNS ?? 60)
const tokens = { eosIds: [END], bytesOf: (id: number) => (id === END ? new Uint8Array() : Uint8Array.of(65 + id)) }

const requests = fc
  .array(
    fc.record({
      tenant: fc.constantFrom('ten_a', 'ten_b', 'ten_c'),
      promptLength: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 150 })),
      completionTokensMax: fc.integer({ min: 1, max: 150 }),
      choices: fc.constantFrom(1, 1, 1, 2, 3),
      temperature: fc.constantFrom(0, 1, 1.5),
      penalty: fc.constantFrom(0, 0.7),
      speculation: fc.constantFrom(
        { arm: 'none' } as const,
        { arm: 'auto' } as const,
        { arm: 'static', lookahead: 5 } as const,
        { arm: 'suffix', lookahead: 9 } as const,
      ),
    }),
    { minLength: 4, maxLength: 10 },
  )
  .map((requests) =>
    requests.map(({ promptLength, temperature, penalty, ...wanted }, index): GenerationRequest => {
      const prompt = Array.from({ length: promptLength }, (_, at) => 2 + ((index * 31 + at * (at + index + 3)) % 27))
      const logitBias = new Map([[END, -3]]) // completions are long, but not all as long as they may be
      const sampling = { ...plainSampling(temperature, BigInt(index)), presencePenalty: penalty, logitBias }
      return { ...wanted, id: `req_${index}`, prompt, sampling, stopStrings: ['QQ'], learn: true }
    }),
  )

const engines = fc.record({
  sequencesMax: fc.integer({ min: 3, max: 6 }),
  /** Buckets of 64 rows beyond what the largest request needs. */
  spareBuckets: fc.integer({ min: 0, max: 4 }),
  prefillRows: fc.integer({ min: 1, max: 128 }),
  prefillRowsBusy: fc.integer({ min: 1, max: 40 }),
  abort: fc.option(fc.record({ request: fc.nat(9), atPreemption: fc.integer({ min: 1, max: 4 }) }), { nil: undefined }),
})

test('whatever is preempted, aborted beside it or drained goes on with the same bytes, and the budget holds', async () => {
  let preemptions = 0
  const scenario = fc.asyncProperty(requests, engines, async (asked, { spareBuckets, abort, ...options }) => {
    const plain = await serve(asked.map(withoutDrafts), { target: hashTarget, tokens, speculators: [], alone: true })
    const neural = new ScriptedNeural(truthOf(asked, plain), shape)
    const arenaBytes = (Math.max(...asked.map(bucketsOf)) + spareBuckets) * 64 * ROW_BYTES
    const tight = await serve(asked, {
      target: hashTarget,
      tokens,
      speculators: [new SuffixSpeculator({ endIds: [END] }), neural],
      options: { ...options, ...budgetOf(arenaBytes) },
      ...(abort && { abort }),
    })
    preemptions += tight.preemptions
    expect(tight.cacheUsageMax).toBeLessThanOrEqual(1)
    expect([...neural.violations]).toEqual([])
    const aborted = abort && tight.preemptions >= abort.atPreemption ? asked[abort.request]?.id : undefined
    for (const { id } of asked) if (id !== aborted) expect(outcomeOf(id, tight)).toEqual(outcomeOf(id, plain))
  })
  await fc.assert(scenario, { numRuns: RUNS })
  expect(preemptions).toBeGreaterThan(RUNS / 3)
}, 240_000)

test('a reader that leaves while its request is preempted leaves nothing behind', async () => {
  const wanted = { tenant: 'ten_a', choices: 1, completionTokensMax: 150, stopStrings: [], learn: true }
  const asked = [3, 4].map((word, index): GenerationRequest => {
    const logitBias = new Map([[END, -1e9]])
    const sampling = { ...plainSampling(0, 1n), logitBias }
    return { ...wanted, id: `req_${index}`, prompt: [word, 5, 6], sampling, speculation: { arm: 'none' } }
  })
  const parts = { target: hashTarget, tokens, speculators: [], options: budgetOf(5 * 64 * ROW_BYTES) }
  const [plain, both] = [await serve(asked, { ...parts, alone: true }), await serve(asked, parts)]
  expect([plain.preemptions, both.preemptions]).toEqual([0, 1])
  expect(both.choices).toEqual(plain.choices)
  const left = await serve(asked, { ...parts, abort: { request: 1, atPreemption: 1 } })
  expect([...left.choices.keys()]).toEqual(['req_0 0'])
  expect(left.choices.get('req_0 0')).toEqual(plain.choices.get('req_0 0'))
  expect([...left.traces.keys()]).toEqual(['req_0'])
})

function withoutDrafts(request: GenerationRequest): GenerationRequest {
  return { ...request, speculation: { arm: 'none' } }
}

function bucketsOf({ prompt, completionTokensMax, choices }: GenerationRequest): number {
  return choices * Math.ceil(Math.min(prompt.length + completionTokensMax, shape.positionsMax) / 64)
}

function truthOf(asked: readonly GenerationRequest[], { choices }: Served) {
  return new Map(
    asked.map(({ id, prompt, sampling }) => [
      truthKey(prompt, sampling.temperature),
      choices.get(`${id} 0`)?.tokens ?? [],
    ]),
  )
}

/** All that is left of a request: what its tenant read, and what drafts may learn of it. */
function outcomeOf(id: string, { choices, traces }: Served) {
  const read = [0, 1, 2].map((choice) => choices.get(`${id} ${choice}`))
  const left = (traces.get(id) ?? []).map(({ tokens, hidden, topIds, topLogprobs }) => ({
    ...{ tokens: tokens.join(), hidden: hidden.join() },
    ...{ topIds: topIds.join(), topLogprobs: topLogprobs.join() },
  }))
  return { read, left: left.sort((one, other) => (one.tokens < other.tokens ? -1 : 1)) }
}
