import { setImmediate as nextTick } from 'node:timers/promises'
import type { Parameters } from '@foretoken/drafting'
import type { Trace } from '@foretoken/engine'
import { type CalibrationFigures, calibrationByPosition, verifiedTokens } from '../train/calibration.ts'
import type { TrainableDraft } from '../train/draft-graphs.ts'
import type { Reading } from '../train/examples.ts'
import { acceptanceByPosition, acceptanceLength, Replay, type ReplayedTrace } from '../train/replay.ts'
import { type ConfidenceFit, correctedConfidence, fitConfidence } from './calibrate.ts'
import type { DomainTraces } from './split.ts'

export interface DomainFigures {
  readonly domain: string
  readonly requests: number
  readonly tokens: number
  readonly heldOutRequests: number
  /** Committed tokens per verification step on held-out requests, with chains of CHAIN tokens. */
  readonly acceptanceLength: number
  /** Of the held-out requests that were answered greedily, alone; null where there are none. */
  readonly acceptanceLengthGreedy: number | null
  readonly acceptance: readonly number[]
}

export interface Evaluation {
  readonly domains: readonly DomainFigures[]
  /** Over all domains. */
  readonly acceptance: readonly number[]
  /** What the confidence has to be corrected by; found on every other held-out request. */
  readonly confidence: ConfidenceFit
  /** By position, on the held-out requests that the correction was not found on: with it, and without. */
  readonly calibration: readonly CalibrationFigures[]
  readonly uncalibrated: readonly CalibrationFigures[]
}

export interface EvaluationOptions {
  readonly threads: number
  readonly signal: AbortSignal
  readonly onProgress: (progress: { readonly requests: number; readonly requestsTotal: number }) => void
}

/** Replays what was held out. Drafts greedily also where the target sampled, which understates those requests. */
export async function evaluateDraft(
  draft: TrainableDraft,
  parameters: Parameters,
  reading: Omit<Reading, 'depth'>,
  split: readonly DomainTraces[],
  options: EvaluationOptions,
): Promise<Evaluation> {
  const requestsTotal = split.reduce((total, { held }) => total + held.length, 0)
  const replay = await Replay.open(draft, reading, CHAIN, options.threads)
  const replayed: ReplayedTrace[][] = []
  let requests = 0
  try {
    for (const { held } of split) {
      const own: ReplayedTrace[] = []
      for (let from = 0; from < held.length; from += REQUESTS) {
        options.signal.throwIfAborted()
        const some = held.slice(from, from + REQUESTS)
        own.push(...(await replay.run(some, parameters, draft.parameters)))
        requests += some.length
        options.onProgress({ requests, requestsTotal })
        await nextTick()
      }
      replayed.push(own)
    }
  } finally {
    await replay.close()
  }
  return {
    domains: split.map((each, index) => figuresOf(each, replayed[index] ?? [])),
    acceptance: acceptanceByPosition(replayed.flat(), CHAIN),
    ...calibrated(replayed),
  }
}

/** Draft tokens per verification step in the card's figures. */
export const CHAIN = 8
/** Requests between two looks at the signal. */
const REQUESTS = 32

/** Every other request of each domain says how to correct the confidence, the others how good it is then. */
function calibrated(replayed: readonly (readonly ReplayedTrace[])[]) {
  const half = (rest: number) => replayed.flatMap((own) => own.filter((_, index) => index % 2 === rest))
  const confidence = fitConfidence(verifiedTokens(half(0), CHAIN))
  const judged = half(1)
  return {
    confidence,
    calibration: calibrationByPosition(judged, CHAIN, (belief) => correctedConfidence(confidence, belief)),
    uncalibrated: calibrationByPosition(judged, CHAIN),
  }
}

function figuresOf({ domain, training, held }: DomainTraces, replayed: readonly ReplayedTrace[]): DomainFigures {
  const greedy = replayed.filter(({ trace }) => trace.temperature === 0)
  return {
    domain,
    requests: training.length,
    tokens: tokensOf(training),
    heldOutRequests: held.length,
    acceptanceLength: acceptanceLength(replayed, CHAIN),
    acceptanceLengthGreedy: greedy.length === 0 ? null : acceptanceLength(greedy, CHAIN),
    acceptance: acceptanceByPosition(replayed, CHAIN),
  }
}

function tokensOf(traces: readonly Trace[]): number {
  return traces.reduce((total, { tokens }) => total + tokens.length, 0)
}
