import {
  type DraftContents,
  type DraftShape,
  decodeParameters,
  encodeParameters,
  type Parameters,
} from '@foretoken/drafting'
import type { Trace } from '@foretoken/engine'
import type { TokenTables } from '@foretoken/model'
import type { ObjectStore } from '@foretoken/storage'
import { PromptError } from '../asking/prompt-file.ts'
import type { TrainableDraft } from '../train/draft-graphs.ts'
import { type Example, examplesOf, type Reading } from '../train/examples.ts'
import { LOSS_DEFAULTS } from '../train/loss.ts'
import { seededRandom } from '../train/random.ts'
import { staticTraining } from '../train/static-training.ts'
import { TrainingRun } from '../train/training-run.ts'
import { withConfidence } from './calibrate.ts'
import { readCheckpoint, type TrainingIdentity, writeCheckpoint } from './checkpoint.ts'
import { type Evaluation, evaluateDraft } from './evaluate.ts'
import { currentLoss, type LossCurveState, NO_CURVE, withLoss } from './loss-curve.ts'
import { frequentTokens, splitDomains } from './split.ts'

export interface StaticTrainingOptions {
  readonly shape: Omit<DraftShape, 'hiddenSize'>
  readonly target: string
  readonly tables: TokenTables
  /** What the traces were generated from, as part of the run's identity. */
  readonly data: TrainingIdentity
  readonly steps: number
  readonly batch: number
  readonly learningRate: number
  readonly threads: number
  /** Checkpoints go here, and a run that was killed is taken up from them. */
  readonly store: ObjectStore
  readonly seed: number
  readonly signal: AbortSignal
  readonly onProgress: (progress: TrainingProgress) => void
}

export type TrainingProgress =
  | { readonly phase: 'train'; readonly step: number; readonly steps: number; readonly loss: number }
  | { readonly phase: 'evaluate'; readonly requests: number; readonly requestsTotal: number }

export interface TrainedDraft {
  readonly contents: DraftContents
  readonly card: DraftCard
}

/** What the card tells of a draft. */
export interface DraftCard extends Evaluation {
  readonly positions: number
  /** [step, loss averaged over the steps since the last entry] */
  readonly curve: LossCurveState['points']
}

/**
 * Trains a static draft on traces by domain; the last tenth of each domain's requests is held out: it corrects
 * the draft's confidence and judges it. What is judged are the weights as they will be stored, in half precision.
 *
 * When the signal aborts, a checkpoint is written before this rejects with its reason. Throws CheckpointMismatch where
 * the store holds a checkpoint of another run, PromptError where there is nothing to learn from.
 */
export async function trainStaticDraft(
  traces: ReadonlyMap<string, readonly Trace[]>,
  options: StaticTrainingOptions,
): Promise<TrainedDraft> {
  const { tables, target, threads, signal } = options
  const split = splitDomains(traces)
  const training = split.flatMap((each) => each.training)
  const examples = examplesOf(training)
  if (examples.length === 0) throw new PromptError('too few prompts to learn from: the last tenth of each file judges')
  const tokens = frequentTokens(training, options.shape.vocabularySize)
  const shape: DraftShape = { ...options.shape, hiddenSize: tables.hiddenSize, vocabularySize: tokens.length }
  const { trainable: draft, reading } = staticTraining(shape, tokens, tables)

  const fitted = await fit(draft, { examples, reading }, options)
  const evaluation = await evaluateDraft(draft, rounded(draft, fitted.parameters, tokens), reading, split, {
    threads,
    signal,
    onProgress: (progress) => options.onProgress({ phase: 'evaluate', ...progress }),
  })
  const parameters = withConfidence(fitted.parameters, evaluation.confidence)
  return {
    contents: { target, shape, parameters, tokens, acceptance: evaluation.acceptance },
    card: { ...evaluation, positions: examples.length, curve: fitted.curve },
  }
}

/** What the weights are a function of: a checkpoint is only gone on with where all of it is the same. */
export function trainingIdentity(
  options: Pick<StaticTrainingOptions, 'shape' | 'target' | 'data' | 'steps' | 'batch' | 'learningRate' | 'seed'>,
): TrainingIdentity {
  const { stateSize, vocabularySize, markovRank, pointer } = options.shape
  return {
    target: options.target,
    ...options.data,
    steps: String(options.steps),
    batch: String(options.batch),
    'learning rate': String(options.learningRate),
    seed: String(options.seed),
    state: String(stateSize),
    vocabulary: String(vocabularySize),
    'Markov rank': String(markovRank),
    pointer: `${pointer.rank} by ${pointer.window}`,
    recipe: JSON.stringify({ ...LOSS_DEFAULTS, weightDecay: WEIGHT_DECAY }),
  }
}

const WEIGHT_DECAY = 0.01
const CHECKPOINT_EVERY = 100

interface Data {
  readonly examples: readonly Example[]
  readonly reading: Omit<Reading, 'depth'>
}

async function fit(draft: TrainableDraft, data: Data, options: StaticTrainingOptions) {
  const { batch, steps, learningRate, threads, store, signal } = options
  const identity = trainingIdentity(options)
  const found = await readCheckpoint(store, identity)
  const training = { batch, steps, learningRate, weightDecay: WEIGHT_DECAY, loss: {}, threads }
  const run = await TrainingRun.open(draft, data, training, seededRandom(options.seed), found?.state)
  let curve = found?.curve ?? NO_CURVE
  const keep = () => writeCheckpoint(store, { state: run.current, curve }, identity)
  try {
    while (!run.done) {
      if (signal.aborted) await keep()
      signal.throwIfAborted()
      const { loss } = await run.step()
      const { step } = run.current
      curve = withLoss(curve, step, loss, run.done)
      options.onProgress({ phase: 'train', step, steps, loss: currentLoss(curve) })
      if (step % CHECKPOINT_EVERY === 0 || run.done) await keep()
    }
    return { parameters: run.current.parameters, curve: curve.points }
  } finally {
    await run.close()
  }
}

/** As they are after storing and reading them. */
function rounded({ parameters: table }: TrainableDraft, parameters: Parameters, tokens: Int32Array): Parameters {
  return decodeParameters(encodeParameters(table, parameters, tokens), table).values
}
