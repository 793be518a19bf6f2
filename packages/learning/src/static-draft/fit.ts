import type { Parameters } from '@foretoken/drafting'
import type { ObjectStore } from '@foretoken/storage'
import type { TrainableDraft } from '../train/draft-graphs.ts'
import type { Example, Reading } from '../train/examples.ts'
import { LOSS_DEFAULTS } from '../train/loss.ts'
import { seededRandom } from '../train/random.ts'
import { TrainingRun } from '../train/training-run.ts'
import { readCheckpoint, type TrainingIdentity, writeCheckpoint } from './checkpoint.ts'
import { currentLoss, type LossCurveState, NO_CURVE, withLoss } from './loss-curve.ts'

export interface FitOptions {
  /** What the weights are a function of: `trainingIdentity`. */
  readonly identity: TrainingIdentity
  readonly steps: number
  /** After which of the steps to stop for now; the same fit goes on from there. Absent: after the last one. */
  readonly until?: number
  readonly batch: number
  readonly learningRate: number
  /** Tokens of a chain that are trained; absent: as many as LOSS_DEFAULTS says. */
  readonly depth?: number
  readonly threads: number
  /** Checkpoints go here, and a run that was stopped is taken up from them. */
  readonly store: ObjectStore
  /** Absent: there is one run in this store. */
  readonly checkpoint?: string
  readonly seed: number
  readonly signal: AbortSignal
  readonly onStep: (step: number, loss: number) => void
}

export interface Fitted {
  readonly parameters: Parameters
  readonly step: number
  readonly curve: LossCurveState['points']
}

/**
 * Trains a draft, leaving a checkpoint every CHECKPOINT_EVERY steps, where it stops, and when the signal aborts, before
 * this rejects with its reason. Throws CheckpointMismatch where the store holds a checkpoint of another run.
 */
export async function fitStaticDraft(
  draft: TrainableDraft,
  data: { readonly examples: readonly Example[]; readonly reading: Omit<Reading, 'depth'> },
  options: FitOptions,
): Promise<Fitted> {
  const { identity, batch, steps, until = steps, learningRate, depth = LOSS_DEFAULTS.depth } = options
  const { threads, store, checkpoint, signal, onStep } = options
  const found = await readCheckpoint(store, identity, checkpoint)
  const training = { batch, steps, learningRate, weightDecay: WEIGHT_DECAY, loss: { depth }, threads }
  const run = await TrainingRun.open(draft, data, training, seededRandom(options.seed), found?.state)
  let curve = found?.curve ?? NO_CURVE
  const keep = () => writeCheckpoint(store, { state: run.current, curve }, identity, checkpoint)
  try {
    while (run.current.step < Math.min(until, steps)) {
      if (signal.aborted) await keep()
      signal.throwIfAborted()
      const { loss } = await run.step()
      const { step } = run.current
      curve = withLoss(curve, step, loss, run.done)
      onStep(step, currentLoss(curve))
      if (step % CHECKPOINT_EVERY === 0 || step === until || run.done) await keep()
    }
    return { parameters: run.current.parameters, step: run.current.step, curve: curve.points }
  } finally {
    await run.close()
  }
}

export const WEIGHT_DECAY = 0.01
const CHECKPOINT_EVERY = 100
