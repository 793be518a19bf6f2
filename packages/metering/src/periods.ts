/** A billing period: a calendar month in UTC, as `2026-11`. */
export type Period = string

export function isPeriod(text: string): boolean {
  return /^\d{4}-(0[1-9]|1[0-2])$/.test(text)
}

export function periodOf(at: Date): Period {
  return at.toISOString().slice(0, 7)
}

/** The day in UTC, as `2026-11-28`. */
export function dayOf(at: Date): string {
  return at.toISOString().slice(0, 10)
}

export interface Span {
  readonly from: Date
  /** Not part of it. */
  readonly to: Date
}

export function spanOf(period: Period): Span {
  const [year = 0, month = 0] = period.split('-').map(Number)
  return { from: new Date(Date.UTC(year, month - 1)), to: new Date(Date.UTC(year, month)) }
}

export function nextPeriod(period: Period): Period {
  return periodOf(spanOf(period).to)
}
