/** What is known of how a tenant uses its adapter. Immutable: each event makes a new one. */
export interface Use {
  /** Requests up to `atMs`, each counting half after HALF_LIFE_MS. */
  readonly requests: number
  readonly atMs: number
  /** Target steps that the adapter saved its requests, and how many requests that is known of; both fade alike. */
  readonly savedSteps: number
  readonly judged: number
}

export const UNUSED: Use = { requests: 0, atMs: 0, savedSteps: 0, judged: 0 }

/** A request came. */
export function used(use: Use, nowMs: number): Use {
  return { ...use, requests: requestsAt(use, nowMs) + 1, atMs: nowMs }
}

/** A request ended: how many target steps its tenant's adapter saved it, against the static draft. */
export function saved(use: Use, steps: number): Use {
  return { ...use, savedSteps: FADE * use.savedSteps + steps, judged: FADE * use.judged + 1 }
}

/**
 * Target milliseconds that an adapter is expected to save over the next while: its faded count of requests, which is
 * about how many will come within HALF_LIFE_MS / ln 2, times what each saves. As long as little is known of that, it is
 * drawn to what adapters save on average.
 */
export function worthMs(use: Use, nowMs: number): number {
  const steps = (PRIOR_WEIGHT * PRIOR_STEPS + use.savedSteps) / (PRIOR_WEIGHT + use.judged)
  return requestsAt(use, nowMs) * Math.max(0, steps) * STEP_MS
}

function requestsAt({ requests, atMs }: Use, nowMs: number): number {
  return requests * 2 ** -(Math.max(0, nowMs - atMs) / HALF_LIFE_MS)
}

/** Ten minutes: long enough to tell a tenant of one request a minute from one of one a quarter hour. */
export const HALF_LIFE_MS = 600_000
/** The latest fifty requests or so say what an adapter saves. */
const FADE = 0.98
/** A request of 60 tokens takes 42 steps at 1.44 tokens a step (static) and 18 at 3.42 (the README's sql); others none. */
const PRIOR_STEPS = 12
const PRIOR_WEIGHT = 4
/** A plain step of the reference target. Of a larger one it is more, for all adapters alike, so their order stays. */
export const STEP_MS = 1.4
