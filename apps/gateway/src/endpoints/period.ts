import { ApiError } from '@foretoken/protocol'

const PERIOD_MS = 30 * 24 * 3_600_000

/** The period that is meant: the last 30 days where nothing is said. @throws ApiError where it ends before it begins */
export function periodOf(asked: { from?: string | undefined; to?: string | undefined }, nowMs: number) {
  const to = new Date(asked.to ?? nowMs)
  const from = new Date(asked.from ?? to.getTime() - PERIOD_MS)
  if (from < to) return { from, to }
  throw new ApiError('invalid_value', { values: { name: 'from', reason: "it must lie before 'to'." }, param: 'from' })
}
