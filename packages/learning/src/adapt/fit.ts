import {
  type AdapterValues,
  type DraftArtifact,
  DraftVocabulary,
  emptyAdapter,
  gateRows,
  type Parameters,
  rowsOf,
  tokenInputs,
} from '@foretoken/drafting'
import type { Trace } from '@foretoken/engine'
import type { TokenTables } from '@foretoken/model'
import { type TrainableDraft, trainableAdapter } from '../train/draft-graphs.ts'
import { examplesOf, type Reading } from '../train/examples.ts'
import { seededRandom } from '../train/random.ts'
import { acceptanceByPosition, acceptanceLength, Replay } from '../train/replay.ts'
import { stateAt, TrainingRun } from '../train/training-run.ts'
import type { TraceSplit } from './split.ts'

export interface FitOptions {
  readonly threads: number
  readonly signal: AbortSignal
  /** From 0 to 1. */
  readonly onProgress: (progress: number) => void
  readonly steps?: number
  readonly learningRate?: number
  /** An adapter of the same draft to go on from; absent: training starts at zero, the static draft. */
  readonly start?: AdapterValues | undefined
}

export interface FittedAdapter {
  readonly adapter: AdapterValues
  /** On the validation requests, by teacher-forced replay with chains of CHAIN tokens. */
  readonly acceptanceLength: number
  readonly acceptance: readonly number[]
  /** Of the static draft, on the same requests. */
  readonly staticAcceptance: readonly number[]
  readonly steps: number
}

/**
 * Fits an adapter to a tenant's traces. Each run starts at zero, the static draft, and learns from all that is kept of
 * the tenant's traffic, old and new: nothing is forgotten for having been learned long ago, and no run inherits what
 * another did wrong. Only on new weights of a target, of which there is little traffic yet, it starts from the adapter
 * of the earlier ones. What counts is kept from the validation requests: the parameters that drafted best on them.
 */
export async function fitAdapter(
  draft: DraftArtifact,
  tables: TokenTables,
  { training, validation }: Pick<TraceSplit, 'training' | 'validation'>,
  options: FitOptions,
): Promise<FittedAdapter> {
  const { start } = options
  const hotTokens = hotList(training, draft, start?.hotTokens)
  const { trainable, reading } = adapterTraining(draft, tables, hotTokens)
  const examples = examplesOf(training)
  const steps = options.steps ?? stepsFor(examples.length)
  const run = await TrainingRun.open(
    trainable,
    { examples, reading },
    {
      batch: BATCH,
      steps,
      learningRate: options.learningRate ?? LEARNING_RATE,
      weightDecay: WEIGHT_DECAY,
      loss: { depth: DEPTH, calibrate: false },
      threads: options.threads,
    },
    seededRandom(1),
    start && stateAt(trainable.parameters, start.values),
  )
  const measure = await Measure.open(trainable, reading, options.threads)
  let best = { parameters: run.current.parameters, step: 0, length: 0 }
  const watched = sample(validation)
  try {
    const { acceptance: staticAcceptance } = await measure.of(emptyAdapter(draft.shape).values, watched)
    if (start) best = { ...best, length: (await measure.of(best.parameters, watched)).length }
    while (!run.done) {
      options.signal.throwIfAborted()
      await run.step()
      const { step, parameters } = run.current
      options.onProgress(step / steps)
      if (step % JUDGE_EVERY !== 0 && !run.done) continue
      const { length } = await measure.of(parameters, watched)
      if (length > best.length) best = { parameters, step, length }
      if (step - best.step >= PATIENCE) break
    }
    const { acceptance, length } = await measure.of(best.parameters, watched)
    const adapter = { values: best.parameters, hotTokens }
    return { adapter, acceptanceLength: length, acceptance, staticAcceptance, steps: run.current.step }
  } finally {
    await run.close()
    await measure.close()
  }
}

/** How an adapter drafts on requests that it was not trained on, and how the static draft does, as a fit measures it. */
export async function measureAdapter(
  draft: DraftArtifact,
  tables: TokenTables,
  validation: readonly Trace[],
  adapter: AdapterValues,
): Promise<Pick<FittedAdapter, 'acceptance' | 'staticAcceptance'>> {
  const { trainable, reading } = adapterTraining(draft, tables, adapter.hotTokens)
  const measure = await Measure.open(trainable, reading, 1)
  const watched = sample(validation)
  try {
    const { acceptance: staticAcceptance } = await measure.of(emptyAdapter(draft.shape).values, watched)
    return { acceptance: (await measure.of(adapter.values, watched)).acceptance, staticAcceptance }
  } finally {
    await measure.close()
  }
}

/** Teacher-forced replays with chains of CHAIN tokens. */
class Measure {
  private constructor(
    private readonly replay: Replay,
    private readonly trainable: TrainableDraft,
  ) {}

  static async open(trainable: TrainableDraft, reading: Omit<Reading, 'depth'>, threads: number): Promise<Measure> {
    return new Measure(await Replay.open(trainable, reading, CHAIN, threads), trainable)
  }

  async of(parameters: Parameters, traces: readonly Trace[]) {
    const replayed = await this.replay.run(traces, parameters, this.trainable.parameters)
    return { length: acceptanceLength(replayed, CHAIN), acceptance: acceptanceByPosition(replayed, CHAIN) }
  }

  close(): Promise<void> {
    return this.replay.close()
  }
}

/** What training and replaying an adapter of this draft needs. */
export function adapterTraining(
  draft: DraftArtifact,
  tables: TokenTables,
  hotTokens: Int32Array,
): { trainable: TrainableDraft; reading: Omit<Reading, 'depth'> } {
  const { shape, parameters, tokens } = draft
  const { hiddenSize: d, vocabularySize: V, adapter } = shape
  const vocabulary = new DraftVocabulary(tokens, tables.vocabularySize).with(hotTokens)
  const head = new Float32Array((V + adapter.hotSize) * d)
  head.set(rowsOf(tables.head, vocabulary.ids, d, false))
  const parts = { shape, parameters, head, inputs: new Float32Array(), weights: 'fp32' as const }
  const known = new Map<number, Float32Array>()
  const gatesOf = (token: number) => {
    const gates = known.get(token) ?? gateRows(parts, rowsOf(tables.embedding, [token], d, true))
    known.set(token, gates)
    return gates
  }
  return {
    trainable: trainableAdapter(shape, parameters, { head, words: tokenInputs(tables) }),
    reading: {
      ...{ vocabulary, other: V + adapter.hotSize, tables, gatesOf },
      ...{ stateSize: shape.stateSize, window: shape.pointer.window },
    },
  }
}

/** The tenant's frequent tokens that the draft can't propose, most frequent first, behind those that have a place. */
export function hotList(
  traces: readonly Trace[],
  draft: DraftArtifact,
  placed: Int32Array = new Int32Array(),
): Int32Array {
  const known = new Set([...draft.tokens, ...placed])
  const counts = new Map<number, number>()
  for (const { tokens } of traces) {
    for (const token of tokens) if (!known.has(token)) counts.set(token, (counts.get(token) ?? 0) + 1)
  }
  const wanted = [...counts].filter(([, count]) => count >= HOT_MIN)
  const byCount = wanted.sort(([a, countA], [b, countB]) => countB - countA || a - b)
  return Int32Array.from([...placed, ...byCount.map(([token]) => token)].slice(0, draft.shape.adapter.hotSize))
}

/** Draft tokens per step in replays. */
export const CHAIN = 8
const DEPTH = 4
const BATCH = 128
const LEARNING_RATE = 3e-3
const WEIGHT_DECAY = 0.02
const JUDGE_EVERY = 40
/** Steps without a better judgement before training ends. */
const PATIENCE = 120
/** A token seen less often is not worth a place. */
const HOT_MIN = 2
/** Validation tokens that are replayed each time. */
const WATCHED_TOKENS = 1_500

/** About two passes, within what pays for few and for many examples. */
function stepsFor(examples: number): number {
  return Math.max(80, Math.min(600, Math.round((2 * examples) / BATCH)))
}

function sample(traces: readonly Trace[]): Trace[] {
  const kept: Trace[] = []
  let tokens = 0
  for (const trace of traces) {
    if (tokens >= WATCHED_TOKENS) break
    kept.push(trace)
    tokens += trace.tokens.length
  }
  return kept
}
