import type { DraftContents, DraftShape } from '@foretoken/drafting'
import type { Trace } from '@foretoken/engine'
import type { TokenTables } from '@foretoken/model'
import { LOSS_DEFAULTS } from '../train/loss.ts'
import { withConfidence } from './calibrate.ts'
import type { TrainingIdentity } from './checkpoint.ts'
import { type Evaluation, evaluateDraft } from './evaluate.ts'
import { type FitOptions, type Fitted, fitStaticDraft, WEIGHT_DECAY } from './fit.ts'
import { type Learnable, learnableOf, rounded, type UntrainedDraft, untrainedDraft } from './learnable.ts'
import type { LossCurveState } from './loss-curve.ts'

export interface StaticTrainingOptions
  extends Pick<FitOptions, 'steps' | 'batch' | 'learningRate' | 'threads' | 'store' | 'seed' | 'signal'> {
  readonly shape: Omit<DraftShape, 'hiddenSize'>
  readonly target: string
  readonly tables: TokenTables
  /** What the traces were generated from, as part of the run's identity. */
  readonly data: TrainingIdentity
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
  const { steps, onProgress } = options
  const learnable = learnableOf(traces)
  const untrained = untrainedDraft(options.shape, learnable.training, options.tables)
  const data = { examples: learnable.examples, reading: untrained.reading }
  const fitted = await fitStaticDraft(untrained.draft, data, {
    ...options,
    identity: trainingIdentity(options),
    onStep: (step, loss) => onProgress({ phase: 'train', step, steps, loss }),
  })
  return await finishedDraft(untrained, fitted, learnable, options)
}

/** Judges what was trained, and corrects its confidence by that. */
export async function finishedDraft(
  untrained: UntrainedDraft,
  fitted: Fitted,
  { split, examples }: Learnable,
  options: Pick<StaticTrainingOptions, 'target' | 'threads' | 'signal' | 'onProgress'>,
): Promise<TrainedDraft> {
  const { draft, reading, shape, tokens } = untrained
  const { target, threads, signal, onProgress } = options
  const evaluation = await evaluateDraft(draft, rounded(untrained, fitted.parameters), reading, split, {
    threads,
    signal,
    onProgress: (progress) => onProgress({ phase: 'evaluate', ...progress }),
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
  depth: number = LOSS_DEFAULTS.depth,
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
    recipe: JSON.stringify({ ...LOSS_DEFAULTS, depth, weightDecay: WEIGHT_DECAY }),
  }
}
