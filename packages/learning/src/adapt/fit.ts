import {
  type AdapterValues,
  type DraftArtifact,
  DraftVocabulary,
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
import { initialState, TrainingRun } from '../train/training-run.ts'
import type { TraceSplit } from './split.ts'

export interface FitOptions {
  readonly threads: number
  readonly signal: AbortSignal
  /** From 0 to 1. */
  readonly onProgress: (progress: number) => void
  readonly steps?: number
  readonly learningRate?: number
  /** An adapter of the same draft to go on from; absent: training starts at zero, the static draft. */
  readonly parent?: AdapterValues
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
 * another did wrong. Unless it is told to go on from a parent, for traffic of a target that changes with each update:
 * what that one knows is then most of what there is to learn. What counts is kept from the validation requests: the
 * parameters that drafted best on them.
 */
export async function fitAdapter(
  draft: DraftArtifact,
  tables: TokenTables,
  { training, validation }: Pick<TraceSplit, 'training' | 'validation'>,
  options: FitOptions,
): Promise<FittedAdapter> {
  const { parent } = options
  const hotTokens = parent ? extendedHotList(parent.hotTokens, training, draft) : hotList(training, draft)
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
    parent && { ...initialState(trainable.parameters, seededRandom(1)), parameters: parent.values },
  )
  const replay = await Replay.open(trainable, reading, CHAIN, options.threads)
  const judge = async (parameters: Parameters, traces: readonly Trace[]) => {
    const replayed = await replay.run(traces, parameters, trainable.parameters)
    return { length: acceptanceLength(replayed, CHAIN), acceptance: acceptanceByPosition(replayed, CHAIN) }
  }
  let best = { parameters: run.current.parameters, step: 0, length: 0 }
  const watched = sample(validation)
  try {
    const before = await judge(best.parameters, watched)
    while (!run.done) {
      options.signal.throwIfAborted()
      await run.step()
      const { step, parameters } = run.current
      options.onProgress(step / steps)
      if (step % JUDGE_EVERY !== 0 && !run.done) continue
      const { length } = await judge(parameters, watched)
      if (length > best.length) best = { parameters, step, length }
      if (step - best.step >= PATIENCE) break
    }
    const { acceptance, length } = await judge(best.parameters, watched)
    const adapter = { values: best.parameters, hotTokens }
    const { acceptance: staticAcceptance } = before
    return { adapter, acceptanceLength: length, acceptance, staticAcceptance, steps: run.current.step }
  } finally {
    await run.close()
    await replay.close()
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

/** The tenant's frequent tokens that the draft can't propose, most frequent first. */
export function hotList(traces: readonly Trace[], draft: DraftArtifact): Int32Array {
  const known = new Set(draft.tokens)
  const counts = new Map<number, number>()
  for (const { tokens } of traces) {
    for (const token of tokens) if (!known.has(token)) counts.set(token, (counts.get(token) ?? 0) + 1)
  }
  const wanted = [...counts].filter(([, count]) => count >= HOT_MIN)
  const byCount = wanted.sort(([a, countA], [b, countB]) => countB - countA || a - b)
  return Int32Array.from(byCount.slice(0, draft.shape.adapter.hotSize), ([token]) => token)
}

/** A parent's tokens keep their places, which its parameters are by; what is new comes behind them, as far as there is room. */
function extendedHotList(parent: Int32Array, traces: readonly Trace[], draft: DraftArtifact): Int32Array {
  const known = new Set(parent)
  const fresh = hotList(traces, draft).filter((token) => !known.has(token))
  return Int32Array.from([...parent, ...fresh].slice(0, draft.shape.adapter.hotSize))
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
