const FIRST_MS = 250
const MAX_MS = 10_000
/** A process that ran this long was healthy: its end is a new problem, not the old one again. */
const HEALTHY_AFTER_MS = 30_000

export interface Attempts {
  /** Failures in a row so far. */
  readonly failures: number
  readonly delayMs: number
}

/** How long to wait before the next start: doubles with each failure in a row. */
export function nextAttempt(previousFailures: number, ranForMs: number): Attempts {
  const failures = ranForMs >= HEALTHY_AFTER_MS ? 1 : previousFailures + 1
  return { failures, delayMs: Math.min(MAX_MS, FIRST_MS * 2 ** (failures - 1)) }
}
