import type { PairedGain } from './promotion/bootstrap.ts'

/** Everything that a round of decisions looks at. Time is in milliseconds since the epoch, compute in milliseconds. */
export interface SchedulerState {
  readonly tenants: readonly TenantState[]
  /** Training compute that runs of this period took or will take: open ones count in full. */
  readonly budget: { readonly periodStartMs: number; readonly spentMs: number }
}

export interface TenantState {
  /**
   * Whom it is about, by a name that policies only hand back: where there are several targets, a tenant on one of them.
   */
  readonly tenant: string
  /** Names a weight in the rules; 1 for a plan that has none there. */
  readonly plan: string
  /** False: it opted out, and nothing of it is ever trained. */
  readonly learning: boolean
  /**
   * What is wanted of the next round beside what pays: nothing, a run at once by an operator's order or because the draft
   * of a target's earlier weights is to be judged on the new ones, or no run until told otherwise.
   */
  readonly control: 'auto' | 'ordered' | 'rollout' | 'held'
  /** Decayed averages: they halve in some days of silence. */
  readonly requestsPerDay: number
  readonly tokensPerDay: number
  /** Time that the target took for it, as it is served now. */
  readonly targetMsPerDay: number
  /** Trace tokens that no run has seen. */
  readonly tokensNew: number
  /** Trace tokens that a run would learn from: all there are, or those since drift was marked. */
  readonly tokensUsable: number
  /** Requests that these are from: a verdict takes witnesses. */
  readonly requestsUsable: number
  /** Since when it has so much new traffic that a run is due: see `hasEnough`. */
  readonly enoughSinceMs: number | null
  /** Committed tokens per verification step, with the static draft and with its own. */
  readonly static: MovingAverages
  readonly adaptive: MovingAverages
  /** Of the test for drift: see `observeDrift`. */
  readonly cusum: number
  /** Which of the two the scheduler lets serve. */
  readonly arm: 'static' | 'adaptive'
  /** Its runs since drift was last marked, the latest last. A handful is enough. */
  readonly outcomes: readonly Outcome[]
  readonly lastTrainedMs: number | null
  readonly runOpen: boolean
  readonly live: LiveDraft | null
  readonly trial: Trial | null
}

/** A fast and a slow moving average of the same steps, and how many there were. */
export interface MovingAverages {
  readonly fast: number
  readonly slow: number
  readonly count: number
}

/** How a training run ended. */
export interface Outcome {
  readonly atMs: number
  readonly promoted: boolean
  /** Goodput on held-out requests over the static draft, as a share: 0.1 is 10 % more. */
  readonly gain: number
  /** Trace tokens it learned from. */
  readonly tokens: number
}

/** Where a draft lies, the dearest place first. The cheap parts are its calibration and its hot-list. */
export const PLACES = ['hot', 'disk', 'store', 'cheap-parts', 'nowhere'] as const
export type Place = (typeof PLACES)[number]

export interface LiveDraft {
  readonly version: number
  readonly sinceMs: number
  readonly bytes: number
  readonly cheapBytes: number
  readonly place: Place
  /** The version that served before has its files still. */
  readonly previousStored: boolean
}

/** A candidate on its way up. */
export interface Trial {
  readonly version: number
  readonly stage: 'shadow' | 'canary'
  readonly sinceMs: number
  /** Requests judged in this stage, and its goodput over each rival on them. */
  readonly requests: number
  readonly over: Readonly<Record<string, PairedGain>>
}
