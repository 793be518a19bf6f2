import { SuffixSpeculator } from '@foretoken/drafting'
import { type Engine, type SamplingParameters, startEngine } from '@foretoken/engine'
import { type LoadedModel, loadModel } from '@foretoken/model'
import { referenceTargetFolder } from '@foretoken/reference-target'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Completion, type CompletionRequest, complete, mapConcurrently } from '../engine/generate.ts'
import { workloadPrompts } from '../workloads/prompts.ts'
import { ScriptedSpeculator } from './scripted.ts'

const PROMPTS = 200
const TOKENS = 24

/** Sampling settings that take turns over the prompts, so that every processor meets every arm. */
const SAMPLED: readonly Partial<SamplingParameters>[] = [
  { temperature: 1 },
  { temperature: 0.7, topP: 0.9 },
  { temperature: 1.3, topK: 20 },
  { temperature: 0.8, presencePenalty: 0.6, frequencyPenalty: 0.4 },
  { temperature: 0.9, repetitionPenalty: 1.2, minP: 0.02 },
]

let model: LoadedModel
let requests: CompletionRequest[]

beforeAll(async () => {
  model = await loadModel(referenceTargetFolder, { weights: 'fp32' })
  const prompts = workloadPrompts(PROMPTS).map(({ prompt }) =>
    model.tokenizer.encodeChat([{ role: 'user', content: prompt }], { addGenerationPrompt: true }),
  )
  const greedy = prompts.map((prompt) => ({ prompt, tokensMax: TOKENS }))
  const sampled = prompts.map((prompt, index) => ({
    prompt,
    tokensMax: TOKENS,
    sampling: { ...SAMPLED[index % SAMPLED.length], seed: BigInt(index) * 0x9e3779b97f4a7c15n },
  }))
  requests = [
    ...greedy,
    ...sampled.map((wanted) => ({
      ...wanted,
      sampling: { ...wanted.sampling, seed: BigInt.asUintN(64, wanted.sampling.seed) },
    })),
  ]
})

afterAll(() => model?.target.close())

async function withEngine<Result>(
  speculators: Parameters<typeof startEngine>[1],
  run: (engine: Engine) => Promise<Result>,
): Promise<Result> {
  const engine = await startEngine(model, speculators)
  try {
    return await run(engine)
  } finally {
    await engine.drain()
  }
}

function differing(expected: readonly Completion[], got: readonly Completion[]): number[] {
  return expected.flatMap((completion, index) => {
    const other = got[index]
    const same =
      other &&
      completion.text === other.text &&
      completion.reason === other.reason &&
      completion.tokens.join() === other.tokens.join()
    return same ? [] : [index]
  })
}

describe('same seed, same bytes', () => {
  let plain: Completion[]

  beforeAll(async () => {
    plain = await withEngine([], (engine) => mapConcurrently(requests, 1, (wanted) => complete(engine, wanted)))
  }, 600_000)

  test('plain decoding in a batch of changing mix', async () => {
    const batched = await withEngine([], (engine) => mapConcurrently(requests, 8, (wanted) => complete(engine, wanted)))
    expect(differing(plain, batched)).toEqual([])
  }, 600_000)

  test('with the suffix arm forced at every lookahead, cold and warm', async () => {
    const [cold, warm] = await withEngine(
      [new SuffixSpeculator({ endIds: model.tokenizer.eosIds })],
      async (engine) => {
        const run = () =>
          mapConcurrently(requests, 6, (wanted, index) =>
            complete(engine, { ...wanted, speculation: { arm: 'suffix', lookahead: 1 + (index % 8) } }),
          )
        return [await run(), await run()]
      },
    )
    expect(differing(plain, cold)).toEqual([])
    expect(differing(plain, warm)).toEqual([])
    expect(accepted(warm)).toBeGreaterThan(accepted(cold))
    expect(accepted(warm)).toBeGreaterThan(1000) // the arm did speculate
  }, 600_000)

  test('with the controller choosing, alone and in a batch', async () => {
    const [alone, batched] = await withEngine(
      [new SuffixSpeculator({ endIds: model.tokenizer.eosIds })],
      async (engine) => {
        const auto = (wanted: CompletionRequest) => complete(engine, { ...wanted, speculation: { arm: 'auto' } })
        return [await mapConcurrently(requests, 1, auto), await mapConcurrently(requests, 11, auto)]
      },
    )
    expect(differing(plain, alone)).toEqual([])
    expect(differing(plain, batched)).toEqual([])
  }, 600_000)

  test('with a draft that is right and wrong at every depth', async () => {
    const greedyTruth = new Map(
      requests.slice(0, PROMPTS).map((wanted, index) => [wanted.prompt.join(), plain[index]?.tokens ?? []]),
    )
    const scripted = new ScriptedSpeculator(greedyTruth, model.target.shape.vocabularySize)
    const drafted = await withEngine([scripted], (engine) =>
      mapConcurrently(requests, 4, (wanted, index) =>
        complete(engine, { ...wanted, speculation: { arm: 'static', lookahead: 1 + (index % 12) } }),
      ),
    )
    expect(differing(plain, drafted)).toEqual([])
    const depths = drafted.flatMap(({ speculation }) =>
      speculation.acceptanceHistogram.flatMap((count, depth) => (count > 0 ? [depth] : [])),
    )
    expect(Math.max(...depths)).toBeGreaterThanOrEqual(10)
  }, 600_000)
})

function accepted(completions: readonly Completion[]): number {
  return completions.reduce((total, { speculation }) => total + speculation.acceptedTokens, 0)
}
