/** A curve in the making, as a checkpoint keeps it: a run that goes on draws the curve that an unbroken one draws. */
export interface LossCurveState {
  /** [step, loss averaged over the steps since the last point] */
  readonly points: readonly (readonly [number, number])[]
  readonly sum: number
  readonly count: number
}

export const NO_CURVE: LossCurveState = { points: [], sum: 0, count: 0 }

/** The curve after one more step; `last` closes the point in the making. */
export function withLoss({ points, sum, count }: LossCurveState, step: number, loss: number, last: boolean) {
  const [total, steps] = [sum + loss, count + 1]
  if (step % CURVE_EVERY !== 0 && !last) return { points, sum: total, count: steps }
  return { points: [...points, [step, total / steps] as const], sum: 0, count: 0 }
}

/** The loss to show now: of the last point, or of what there is before the first. */
export function currentLoss({ points, sum, count }: LossCurveState): number {
  return points.at(-1)?.[1] ?? sum / Math.max(1, count)
}

/** Single losses are of one batch and say little. */
const CURVE_EVERY = 25
