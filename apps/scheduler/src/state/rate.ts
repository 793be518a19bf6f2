const DAY_MS = 24 * 3_600_000
const HALF_LIFE_DAYS = 3
/** Younger than this nobody's rate is believed: a minute's burst is no day's traffic. */
const AGE_MS_MIN = 3_600_000

/** A decayed daily rate, unbiased from the first hour on. */
export interface Rate {
  readonly perDay: number
  readonly sinceMs: number
  readonly atMs: number
}

export const noRate = (nowMs: number): Rate => ({ perDay: 0, sinceMs: nowMs, atMs: nowMs })

/** The rate after `amount` more between its last time and now. */
export function observe(rate: Rate, amount: number, nowMs: number): Rate {
  const days = (nowMs - rate.atMs) / DAY_MS
  if (days <= 0) return rate
  const kept = 2 ** (-days / HALF_LIFE_DAYS)
  return { ...rate, perDay: kept * rate.perDay + (1 - kept) * (amount / days), atMs: nowMs }
}

/** What a day brings, going by what there was: the average began at nothing, which is taken out again. */
export function perDay({ perDay, sinceMs, atMs }: Rate): number {
  const days = Math.max(AGE_MS_MIN, atMs - sinceMs) / DAY_MS
  const seen = 1 - 2 ** (-days / HALF_LIFE_DAYS)
  return perDay / seen
}
