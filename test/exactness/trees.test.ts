import { type Speculator, SuffixSpeculator } from '@foretoken/drafting'
import { type DecodeReport, Engine, type Trace } from '@foretoken/engine'
import { type LoadedModel, loadModel } from '@foretoken/model'
import { referenceTargetFolder } from '@foretoken/reference-target'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Completion, type CompletionRequest, complete, mapConcurrently } from '../engine/generate.ts'
import { workloadPrompts } from '../workloads/prompts.ts'
import { cheapCosts } from './cheap-costs.ts'
import { ScriptedNeural, truthKey } from './scripted-neural.ts'

/** `EXACTNESS_PROMPTS=200` for a long look. */
const PROMPTS = Number(process.env.EXACTNESS_PROMPTS ?? 10)
const TOKENS = 24

let model: LoadedModel
let requests: CompletionRequest[]
let plain: Ran

interface Ran {
  readonly completions: readonly Completion[]
  readonly reports: readonly DecodeReport[]
  readonly traces: ReadonlyMap<string, Trace>
}

beforeAll(async () => {
  model = await loadModel(referenceTargetFolder, { weights: 'fp32' })
  const prompts = workloadPrompts(PROMPTS).map(({ prompt }) =>
    model.tokenizer.encodeChat([{ role: 'user', content: prompt }], { addGenerationPrompt: true }),
  )
  const [word = 0] = prompts[0] ?? []
  const settings = [
    {},
    { temperature: 1, seed: 5n },
    { temperature: 0.8, presencePenalty: 0.6, frequencyPenalty: 0.4, topP: 0.95, seed: 6n },
  ]
  requests = settings.flatMap((sampling) =>
    [...prompts, [word]].map((prompt) => ({ prompt, sampling, tokensMax: TOKENS, learn: true })),
  )
  plain = await run([], 'none', 1)
})

afterAll(() => model?.target.close())

async function run(speculators: readonly Speculator[], arm: 'none' | 'auto' | 'mixed', width: number): Promise<Ran> {
  const reports: DecodeReport[] = []
  const traces = new Map<string, Trace>()
  const engine = new Engine(
    { target: model.target, tokens: model.tokenizer, speculators, costs: cheapCosts() },
    {
      observer: { decode: (report) => reports.push(report) },
      traces: { record: (trace) => traces.set(truthKey([...trace.prompt], trace.temperature), trace) },
    },
  )
  const completions = await mapConcurrently(requests, width, (wanted, index) =>
    complete(engine, {
      ...wanted,
      speculation: arm === 'mixed' ? (MIXED[index % MIXED.length] ?? { arm: 'none' }) : { arm },
    }),
  )
  await engine.drain()
  return { completions, reports, traces }
}

/** What requests of one batch may ask for side by side. */
const MIXED: readonly NonNullable<CompletionRequest['speculation']>[] = [
  { arm: 'auto' },
  { arm: 'adaptive', lookahead: 5 },
  { arm: 'none' },
  { arm: 'static' },
  { arm: 'auto', lookahead: 3 },
  { arm: 'suffix', lookahead: 8 },
  { arm: 'static', lookahead: 12 },
]

function arms(): { suffix: SuffixSpeculator; neural: ScriptedNeural } {
  const truth = requests.map((wanted, index): [string, readonly number[]] => [
    truthKey(wanted.prompt, wanted.sampling?.temperature ?? 0),
    plain.completions[index]?.tokens ?? [],
  ])
  const suffix = new SuffixSpeculator({ endIds: model.tokenizer.eosIds })
  return { suffix, neural: new ScriptedNeural(new Map(truth), model.target.shape) }
}

function expectSame(got: Ran): void {
  const outcome = ({ tokens, text, reason }: Completion) => ({ tokens, text, reason })
  expect(got.completions.map(outcome)).toEqual(plain.completions.map(outcome))
}

describe('same seed, same bytes, beside a neural arm that lies at will', () => {
  test('in trees, alone and in batches of changing mix', async () => {
    const { suffix, neural } = arms()
    const alone = await run([suffix, neural], 'auto', 1)
    const batched = await run([suffix, neural], 'auto', 7)
    expectSame(alone)
    expectSame(batched)
    expect([...neural.violations]).toEqual([])
    const steps = [...alone.reports, ...batched.reports].flatMap(({ results }) => results)
    const trees = steps.filter(({ branches }) => branches.length > 1)
    const won = trees.filter(({ branches: [first, second] }) => (second?.accepted ?? 0) > (first?.accepted ?? 0))
    expect(trees.length).toBeGreaterThan(2 * PROMPTS)
    expect(won.length).toBeGreaterThan(PROMPTS / 2)
    expect(Math.max(...steps.map(({ accepted }) => accepted))).toBeGreaterThan(8)
    const beside = batched.reports.filter(({ results }) => {
      const kinds = new Set(results.map(({ branches }) => Math.min(branches.length, 2)))
      return kinds.has(2) && kinds.size > 1
    })
    expect(beside.length).toBeGreaterThan(PROMPTS / 2) // trees beside chains or plain sequences
    const versions = alone.completions.map(
      ({ speculation }) => new Set(speculation.arms.map((each) => each.draftVersion)),
    )
    expect(Math.max(...versions.map((each) => each.size))).toBeGreaterThan(3)
  }, 120_000)

  test('with arms and lookaheads forced side by side', async () => {
    const { suffix, neural } = arms()
    const mixed = await run([suffix, neural], 'mixed', 7)
    expectSame(mixed)
    expect([...neural.violations]).toEqual([])
    const drafted = (arm: string) =>
      mixed.completions.flatMap(({ speculation }) => speculation.arms.filter((each) => each.arm === arm))
    for (const arm of ['suffix', 'static', 'adaptive'])
      expect(
        drafted(arm).some(({ proposed }) => proposed.length > 0),
        arm,
      ).toBe(true)
  }, 120_000)
})

describe('what is left of a step', () => {
  test('as a trace is the same with and without drafts: tokens, states and likeliest tokens of the rows that were accepted', async () => {
    const { suffix, neural } = arms()
    const { traces } = await run([suffix, neural], 'auto', 5)
    expect(traces.size).toBe(requests.length)
    expect(plain.traces.size).toBe(requests.length)
    for (const [key, expected] of plain.traces) {
      const trace = traces.get(key)
      if (!trace) throw new Error('a finished request left no trace')
      expect(trace.tokens).toEqual(expected.tokens)
      expect(trace.topIds.length).toBe(8 * trace.tokens.length)
      expect(trace.hidden.length).toBe((1 + trace.tokens.length) * model.target.shape.hiddenSize)
      expect(farthest(floats(trace.hidden), floats(expected.hidden))).toBeLessThan(0.01)
      expect(farthest(trace.topLogprobs, expected.topLogprobs)).toBeLessThan(0.001)
      expect(new Set(expected.arms)).toEqual(new Set([0]))
    }
    const seen = new Set([...traces.values()].flatMap((trace) => [...trace.arms]))
    expect(seen.size).toBeGreaterThanOrEqual(3)
  }, 120_000)

  test('as counts says each accepted token once, and each arm what it proposed', async () => {
    const { suffix, neural } = arms()
    const { completions, reports } = await run([suffix, neural], 'auto', 4)
    let [proposed, verified] = [0, 0]
    for (const { tokens, speculation } of completions) {
      const { steps, acceptedTokens, draftTokens, acceptanceHistogram } = speculation
      const total = (values: readonly number[]) => values.reduce((a, b) => a + b, 0)
      // The last step of a completion may end on an accepted token, without one of the target's own.
      expect([tokens.length, tokens.length + 1]).toContain(steps + acceptedTokens)
      expect(total(acceptanceHistogram.map((count, accepted) => count * accepted))).toBe(acceptedTokens)
      expect(total(speculation.arms.map((each) => each.steps))).toBe(steps)
      expect(total(speculation.arms.map((each) => each.committedTokens))).toBe(tokens.length)
      proposed += total(speculation.arms.flatMap((each) => each.proposed))
      verified += draftTokens
    }
    const alternatives = reports.flatMap(({ results }) => results.map((result) => result.alternatives))
    expect(Math.max(...alternatives)).toBeGreaterThan(0)
    expect(proposed + alternatives.reduce((a, b) => a + b, 0)).toBeGreaterThanOrEqual(verified)
    const tree = reports.find(({ results }) => results.some(({ branches }) => branches.length > 1))
    const record = tree?.explain()
    const sequence = record?.sequences.find(({ result }) => result.branches.length > 1)
    expect(JSON.parse(JSON.stringify(record))).toMatchObject({ tokens: { actual: expect.any(Number) } })
    expect(sequence?.options.length).toBeGreaterThan(1)
    expect(sequence?.options.some(({ asked, survival }) => asked && survival)).toBe(true)
    expect(sequence?.decision.reason).toMatch(/^(Drafting|Exploring) .* beside /)
    expect(record?.ms.draft).toBeGreaterThan(0)
  }, 120_000)
})

function farthest(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Math.max(...Array.from(a, (value, index) => Math.abs(value - (b[index] ?? Number.NaN))))
}

function floats(halves: Uint16Array): Float32Array {
  return Float32Array.from(halves, (half) => {
    const exponent = (half >> 10) & 31
    const fraction = half & 1023
    const size = exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15)
    return half & 0x8000 ? -size : size
  })
}
