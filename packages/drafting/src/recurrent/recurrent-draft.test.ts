import { kernels } from '@foretoken/native'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AdapterValues } from './adapter.ts'
import type { ChainStart, DraftedChain } from './chains.ts'
import { RecurrentDraft } from './recurrent-draft.ts'
import { type ReferenceChain, type ReferenceStart, referenceChain } from './reference.ts'
import type { DraftShape } from './shape.ts'
import {
  freshAdapter,
  randomAdapter,
  randomDraft,
  randomFloats,
  randomSampling,
  randomTables,
} from './testing/random-draft.ts'

const seeds = fc.integer({ min: 1, max: 1_000_000 })

const shapes: fc.Arbitrary<DraftShape> = fc.record({
  hiddenSize: fc.integer({ min: 2, max: 12 }),
  stateSize: fc.integer({ min: 1, max: 10 }),
  vocabularySize: fc.integer({ min: 2, max: 12 }),
  markovRank: fc.integer({ min: 1, max: 3 }),
  pointer: fc.record({ rank: fc.integer({ min: 1, max: 4 }), window: fc.integer({ min: 1, max: 6 }) }),
  adapter: fc.record({
    rank: fc.integer({ min: 1, max: 3 }),
    hotSize: fc.integer({ min: 1, max: 5 }),
    markovRank: fc.integer({ min: 1, max: 3 }),
  }),
})

/** A row of a batch: which adapter (0: none), whether it is sampled, and the request's tokens as shares of all. */
const rows = fc.array(
  fc.record({
    seed: seeds,
    adapter: fc.integer({ min: 0, max: 3 }),
    noisy: fc.boolean(),
    request: fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 1, maxLength: 15 }),
  }),
  { minLength: 1, maxLength: 4 },
)
type Row = typeof rows extends fc.Arbitrary<(infer R)[]> ? R : never

const cases = fc.record({
  seed: seeds,
  shape: shapes,
  rows,
  lookahead: fc.integer({ min: 1, max: 7 }),
  segment: fc.integer({ min: 1, max: 3 }),
  threads: fc.integer({ min: 1, max: 3 }),
  hotCount: fc.integer({ min: 0, max: 5 }),
})

type Ways = 'native' | 'graph'
const ways: Ways[] = kernels ? ['native', 'graph'] : ['graph']

interface Example {
  readonly seed: number
  readonly shape: DraftShape
  readonly segment: number
  readonly threads?: number
  readonly hotCount: number
}

/** The same starts for the draft and for the reference. */
async function world(chains: Ways, { seed, shape, segment, threads = 2, hotCount }: Example) {
  const { vocabularySize: V, adapter } = shape
  const tables = randomTables(seed, 2 * Math.max(V, adapter.hotSize) + 3, shape.hiddenSize)
  const artifact = randomDraft(seed, shape)
  const draft = await RecurrentDraft.open(artifact, tables, { weights: 'fp32', segment, threads, chains })
  const values = [1, 2, 3].map((n) => randomAdapter(seed + n, shape, Math.min(hotCount, adapter.hotSize)))
  const adapters = await Promise.all(values.map((each, n) => draft.prepareAdapter(`adp_${n}`, each)))
  const startOf = ({ seed, adapter, noisy, request }: Row): [ChainStart, ReferenceStart] => {
    const context = request.map((share) => Math.floor(share * tables.vocabularySize))
    const hidden = randomFloats(seed, shape.hiddenSize)
    const sampling = randomSampling(seed)
    const noise = (step: number, id: number) => sampling.temperature * sampling.gumbel(seed + step, id)
    const [own, ownValues] = [adapters[adapter - 1], values[adapter - 1]]
    return [
      {
        hidden,
        context: draft.contextOf(context),
        ...(noisy && { noise: { sampling, position: seed } }),
        ...(own && { adapter: own }),
      },
      { hidden, context, ...(noisy && { noise }), ...(ownValues && { adapter: ownValues }) },
    ]
  }
  return { draft, tables, artifact, startOf }
}

function expectSame(actual: DraftedChain | undefined, expected: ReferenceChain): void {
  // What follows a choice that rounding decides is another chain.
  const close = expected.margin.findIndex((margin) => margin < 1e-4)
  const sure = close < 0 ? expected.tokens.length : close
  expect(actual?.tokens.length).toBe(expected.tokens.length)
  expect(actual?.tokens.slice(0, sure)).toEqual(expected.tokens.slice(0, sure))
  for (let at = 0; at < sure; at++) {
    const error = Math.abs((actual?.confidence[at] ?? 9) - (expected.confidence[at] ?? 0))
    expect(error).toBeLessThan(1e-4 + lostNearOne(expected.margin[at] ?? 0))
  }
}

/**
 * How far rounding may move a confidence: it depends on what a share lacks to 1, which single precision knows to 2⁻²³.
 * At a margin of 5 that is 2e-6, at 12 as much as 2e-3.
 */
function lostNearOne(margin: number): number {
  const lacking = 1e-5 + Math.exp(-margin)
  return 0.25 * (2 ** -23 / lacking)
}

describe.each(ways)('a recurrent draft in full precision, %s', (chains) => {
  it('drafts what the reference drafts, for any mix of tenants, sampled or greedy, over several segments', async () => {
    let sure = 0
    await fc.assert(
      fc.asyncProperty(cases, async (example) => {
        const { draft, tables, artifact, startOf } = await world(chains, example)
        const starts = example.rows.map(startOf)
        const drafted = await draft.draft(
          starts.map(([start]) => start),
          example.lookahead,
        )
        for (const [row, [, start]] of starts.entries()) {
          const expected = referenceChain({ ...artifact, tables }, start, example.lookahead)
          expectSame(drafted[row], expected)
          sure += expected.margin.filter((margin) => margin >= 1e-4).length
        }
        await draft.close()
      }),
      { numRuns: 25 },
    )
    expect(sure).toBeGreaterThan(100)
  })

  it('drafts for a sequence the same whoever else is in the batch', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (example) => {
        const { draft, startOf } = await world(chains, example)
        const starts = example.rows.map((row) => startOf(row)[0])
        const together = await draft.draft(starts, example.lookahead)
        const backwards = await draft.draft(starts.toReversed(), example.lookahead)
        for (const [row, start] of starts.entries()) {
          const [alone] = await draft.draft([start], example.lookahead)
          const reference = { tokens: alone?.tokens ?? [], confidence: alone?.confidence ?? [], margin: [] }
          expectSame(together[row], reference)
          expectSame(backwards.toReversed()[row], reference)
        }
        await draft.close()
      }),
      { numRuns: 12 },
    )
  })

  it('with a fresh adapter drafts exactly what it drafts without', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ rows, ...example }) => {
        const { draft, startOf } = await world(chains, example)
        const fresh = await draft.prepareAdapter('adp_fresh', freshAdapter(example.seed, example.shape))
        const starts = rows.map((row) => startOf({ ...row, adapter: 0 })[0])
        const plain = await draft.draft(starts, example.lookahead)
        const adapted = await draft.draft(
          starts.map((start) => ({ ...start, adapter: fresh })),
          example.lookahead,
        )
        for (const [row, { tokens, confidence }] of plain.entries())
          expectSame(adapted[row], { tokens, confidence, margin: [] })
        await draft.close()
      }),
      { numRuns: 12 },
    )
  })
})

it.each(ways)('%s: in 8 bits drafts mostly the same tokens where its logits are peaked', async (chains) => {
  const shape: DraftShape = {
    hiddenSize: 32,
    stateSize: 32,
    vocabularySize: 40,
    markovRank: 4,
    pointer: { rank: 8, window: 16 },
    adapter: { rank: 4, hotSize: 8, markovRank: 4 },
  }
  const tables = randomTables(1, 83, shape.hiddenSize)
  const [exact, coarse] = await Promise.all(
    (['fp32', 'int8'] as const).map((weights) =>
      RecurrentDraft.open(randomDraft(2, shape), tables, { weights, chains }),
    ),
  )
  if (!exact || !coarse) throw new Error('no draft')
  const adapter = await exact.prepareAdapter('adp_1', randomAdapter(3, shape))
  const starts = Array.from({ length: 100 }, (_, at): ChainStart => {
    const context = exact.contextOf([at % 7, at % 19, at % 83])
    const start = { hidden: randomFloats(at, shape.hiddenSize), context }
    return at % 2 ? { ...start, adapter } : start
  })
  const [fine, rough] = [await exact.draft(starts, 4), await coarse.draft(starts, 4)]
  const same = fine.filter(({ tokens }, row) => tokens[0] === rough[row]?.tokens[0]).length
  const sameChains = fine.filter(({ tokens }, row) => tokens.join() === rough[row]?.tokens.join()).length
  expect(new Set(fine.map(({ tokens }) => tokens[0])).size).toBeGreaterThan(20)
  expect(same).toBeGreaterThanOrEqual(95)
  expect(sameChains).toBeGreaterThanOrEqual(85)
  // Two different programs: what is equal is not equal by mistake.
  expect(fine[0]?.confidence).not.toEqual(rough[0]?.confidence)
  await Promise.all([exact.close(), coarse.close()])
})

describe.each(ways)('a chain, %s', (chains) => {
  const shape: DraftShape = {
    hiddenSize: 8,
    stateSize: 6,
    vocabularySize: 10,
    markovRank: 2,
    pointer: { rank: 2, window: 4 },
    adapter: { rank: 2, hotSize: 4, markovRank: 2 },
  }
  const example = { seed: 5, shape, segment: 2, hotCount: 4 }
  const row: Row = { seed: 3, adapter: 0, noisy: false, request: [0.1, 0.8, 0.5] }

  it('ends where it is not likely to survive, and is the same up to there', async () => {
    const { draft, startOf } = await world(chains, example)
    const starts = [1, 2, 3].map((seed) => startOf({ ...row, seed })[0])
    const whole = await draft.draft(starts, 12)
    const survivals = whole.map(({ confidence }) =>
      confidence.map((_, at) => confidence.slice(0, at + 1).reduce((a, b) => a * b)),
    )
    const threshold = 1.001 * Math.max(...survivals.map((each) => each[3] ?? 0))
    const cut = await draft.draft(starts, 12, threshold)
    // Graphs draft for the whole batch, a segment at a time.
    const segments = [2, 4].find((end) => survivals.every((each) => (each[end - 1] ?? 0) < threshold))
    expect(segments).toBeDefined()
    for (const [at, { tokens }] of cut.entries()) {
      const own = (survivals[at] ?? []).findIndex((survival) => survival < threshold) + 1
      expect(tokens).toEqual(whole[at]?.tokens.slice(0, chains === 'native' ? own : segments))
    }
    await draft.close()
  })

  it('that overflows is worth nothing, and does not end those beside it', async () => {
    const { draft, startOf } = await world(chains, example)
    const [start] = startOf(row)
    const overflowed = { ...start, hidden: new Float32Array(shape.hiddenSize).fill(Number.NaN) }
    const [alone] = await draft.draft([start], 6, 1e-9)
    const [broken, beside] = await draft.draft([overflowed, start], 6, 1e-9)
    expect(alone?.tokens.length).toBe(6)
    expect(beside?.tokens).toEqual(alone?.tokens)
    expect(broken?.confidence.length).toBeGreaterThan(0)
    expect(broken?.confidence.every((each) => each === 0)).toBe(true)
    await draft.close()
  })

  it('ends with a token that ends a completion, and the call with the last chain', async () => {
    const { draft, tables, artifact, startOf } = await world(chains, example)
    const starts = [1, 2, 3].map((seed) => startOf({ ...row, seed })[0])
    const whole = await draft.draft(starts, 8)
    const endIds = [whole[0]?.tokens[2] ?? 0, whole[1]?.tokens[5] ?? 0]
    const ending = await RecurrentDraft.open(artifact, { ...tables, endIds }, { weights: 'fp32', segment: 2, chains })
    for (const [at, { tokens, confidence }] of (await ending.draft(starts, 8)).entries()) {
      const all = whole[at]?.tokens ?? []
      const end = all.findIndex((token) => endIds.includes(token))
      expect(tokens).toEqual(end < 0 ? all : all.slice(0, end + 1))
      expect(confidence).toHaveLength(tokens.length)
    }
    expect((await ending.draft(starts, 8))[0]?.tokens.length).toBeLessThan(8)
    await Promise.all([draft.close(), ending.close()])
  })

  it('is as long as asked for, also when that is nothing', async () => {
    const { draft, startOf } = await world(chains, example)
    expect(await draft.draft([], 3)).toEqual([])
    for (const lookahead of [0, 1, 2, 3]) {
      const [chain] = await draft.draft([startOf(row)[0]], lookahead)
      expect(chain?.tokens.length).toBe(lookahead)
      expect(chain?.confidence.length).toBe(lookahead)
    }
    await draft.close()
  })

  it('proposes hot tokens of its own tenant, and never those of another', async () => {
    const { draft, startOf } = await world(chains, example)
    const wanting = hotAdapter(randomAdapter(9, shape), shape)
    const adapter = await draft.prepareAdapter('adp_hot', wanting)
    const [start] = startOf(row)
    const [own, other] = await draft.draft([{ ...start, adapter }, start], 6)
    expect(own?.tokens.every((token) => wanting.hotTokens.includes(token))).toBe(true)
    expect(other?.tokens.some((token) => wanting.hotTokens.includes(token))).toBe(false)
    await draft.close()
  })
})

/** Wants its hot tokens so much that it proposes nothing else. */
function hotAdapter({ values, hotTokens }: AdapterValues, { vocabularySize: V }: DraftShape): AdapterValues {
  const bias = (values.get('head_bias') ?? new Float32Array()).map((_, place) => (place < V ? 0 : 50))
  return { values: new Map([...values, ['head_bias', bias]]), hotTokens }
}
