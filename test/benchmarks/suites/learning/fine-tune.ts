import type { DraftArtifact, Parameters } from '@foretoken/drafting'
import type { Trace } from '@foretoken/engine'
import {
  acceptanceLength,
  examplesOf,
  hotList,
  initialState,
  Replay,
  seededRandom,
  staticTraining,
  TrainingRun,
} from '@foretoken/learning/training'
import { splitOf } from './adapters.ts'
import { replayStatic } from './replays.ts'
import { CHAIN } from './settings.ts'
import type { World } from './world.ts'

export interface FineTuned {
  /** On held-out requests, chains of CHAIN tokens, by replay. */
  readonly acceptanceLength: number
  readonly steps: number
  readonly seconds: number
  readonly learningRate: number
}

/**
 * What the adapter is measured against: all parameters of the draft trained on the same traffic, from the static
 * draft's values, with the tenant's hot-list as further words of its vocabulary. Same split, batches, judging and
 * patience as an adapter's run; the best of some learning rates by the validation requests, since the rate that suits
 * an adapter need not suit a whole draft.
 */
export async function fineTune(world: World, traces: readonly Trace[], heldOut: readonly Trace[]): Promise<FineTuned> {
  const started = performance.now()
  const { draft, steps, learningRate } = await tuned(world, traces, LEARNING_RATES)
  const seconds = (performance.now() - started) / 1_000
  return {
    acceptanceLength: acceptanceLength(await replayStatic(world, draft, heldOut), CHAIN),
    steps,
    seconds,
    learningRate,
  }
}

/** The draft that ships, all of it trained further on these traces. */
export async function tuned(world: World, traces: readonly Trace[], learningRates: readonly number[]) {
  const { training, validation } = splitOf(traces)
  const start = extended(world.artifact, hotList(training, world.artifact))
  const { trainable: draft, reading } = staticTraining(start.shape, start.tokens, world.tables)
  const replay = await Replay.open(draft, reading, CHAIN, THREADS)
  const judge = async (parameters: Parameters, on: readonly Trace[]) =>
    acceptanceLength(await replay.run(on, parameters, draft.parameters), CHAIN)
  const examples = examplesOf(training)
  const steps = stepsFor(examples.length)
  let best = { parameters: start.parameters, length: await judge(start.parameters, validation), learningRate: 0 }
  for (const learningRate of learningRates) {
    const options = { batch: BATCH, steps, learningRate, weightDecay: 0, threads: THREADS }
    const loss = { depth: DEPTH }
    const zero = initialState(draft.parameters, seededRandom(1))
    const run = await TrainingRun.open(draft, { examples, reading }, { ...options, loss }, seededRandom(1), {
      ...zero,
      parameters: start.parameters,
    })
    let reached = { step: 0, length: 0 }
    while (!run.done && run.current.step - reached.step < PATIENCE) {
      await run.step()
      const { step, parameters } = run.current
      if (step % JUDGE_EVERY !== 0 && !run.done) continue
      const length = await judge(parameters, validation)
      if (length > reached.length) reached = { step, length }
      if (length > best.length) best = { parameters, length, learningRate }
    }
    await run.close()
  }
  await replay.close()
  return { draft: { ...start, parameters: best.parameters }, steps, learningRate: best.learningRate }
}

const THREADS = 2
const LEARNING_RATES = [1e-3, 3e-3]
/** As in an adapter's run. */
const BATCH = 128
const DEPTH = 4
const JUDGE_EVERY = 40
const PATIENCE = 120

function stepsFor(examples: number): number {
  return Math.max(80, Math.min(1_500, Math.round((2 * examples) / BATCH)))
}

type Start = Pick<DraftArtifact, 'shape' | 'parameters' | 'tokens'>

/** The same draft with more words: each starts with the Markov row of an unknown token and without a bias. */
export function extended({ shape, parameters, tokens }: DraftArtifact, hotTokens: Int32Array): Start {
  const { vocabularySize: V, markovRank: m } = shape
  const size = V + hotTokens.length
  const get = (name: string) => parameters.get(name) ?? new Float32Array()
  const bias = new Float32Array(size)
  bias.set(get('head_bias'))
  const rows = new Float32Array((size + 1) * m) // row `size` is the unknown token's
  rows.set(get('markov_rows'))
  const unknown = get('markov_rows').subarray(V * m, (V + 1) * m)
  for (let row = V; row <= size; row++) rows.set(unknown, row * m)
  const up = new Float32Array(m * size)
  for (let row = 0; row < m; row++) up.set(get('markov_up').subarray(row * V, (row + 1) * V), row * size)
  const wider = new Map([...parameters, ['head_bias', bias], ['markov_rows', rows], ['markov_up', up]] as const)
  return {
    shape: { ...shape, vocabularySize: size },
    parameters: wider,
    tokens: Int32Array.from([...tokens, ...hotTokens]),
  }
}
