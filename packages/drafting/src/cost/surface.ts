/** A measured duration. `length` is rows per sequence for the target, tokens drafted for a draft. */
export interface CostPoint {
  readonly batch: number
  readonly length: number
  readonly ms: number
}

/**
 * Milliseconds by (batch, length): a grid measured once, read by bilinear interpolation, and corrected by what live
 * steps take. Costs never fall when batch or length grows, so noise in a measurement can't make longer look cheaper.
 *
 * The correction has two parts. One factor for the whole surface follows the machine (other load, longer contexts)
 * quickly, so that sizes which are not being run stay comparable with those that are. One factor per grid point
 * follows what only that size costs: more slowly, and drawn back to 1.
 */
export class CostSurface {
  private readonly batches: readonly number[]
  private readonly lengths: readonly number[]
  /** [batches × lengths], as all the arrays here. */
  private readonly measured: Float64Array
  private readonly residuals: Float64Array
  private readonly current: Float64Array
  private pace = 1

  constructor(points: readonly CostPoint[]) {
    if (points.length === 0) throw new Error('A cost surface needs at least one measured point.')
    this.batches = axis(points.map(({ batch }) => batch))
    this.lengths = axis(points.map(({ length }) => length))
    this.measured = Float64Array.from(
      this.batches.flatMap((batch) => this.lengths.map((length) => nearestPoint(points, batch, length).ms)),
    )
    this.residuals = new Float64Array(this.measured.length).fill(1)
    this.current = new Float64Array(this.measured.length)
    this.refresh()
  }

  /**
   * Expected milliseconds now. Beyond the longest length the last slope goes on; beyond the largest batch, which has
   * no measured neighbour to bound it, the cost per sequence stays.
   */
  ms(batch: number, length: number): number {
    const b = between(this.batches, Math.min(batch, this.batches.at(-1) ?? batch))
    const crowd = Math.max(1, batch / (this.batches.at(-1) ?? batch))
    const low = this.row(b.index, length)
    return mix(low, b.share > 0 ? this.row(b.index + 1, length) : low, b.share) * crowd * this.pace
  }

  /**
   * A live step took this long. Outliers (a collection, a descheduled thread) are clipped before they count. What is
   * followed is the mean, not the typical step: that is what steps cost together.
   * @param weight how much it counts: 1 or less
   */
  observe(batch: number, length: number, ms: number, weight = 1): void {
    const ratio = ms / this.ms(batch, length)
    if (!(ratio > 0 && Number.isFinite(ratio))) return
    const surprise = weight * (clip(ratio, SURPRISE_MAX) - 1)
    this.pace = clip(this.pace * (1 + PACE_RATE * surprise), PACE_MAX)
    const at = closest(this.batches, batch) * this.lengths.length + closest(this.lengths, length)
    const residual = (this.residuals[at] ?? 1) ** RESIDUAL_KEPT * (1 + RESIDUAL_RATE * surprise)
    this.residuals[at] = clip(residual, RESIDUAL_MAX)
    this.refresh()
  }

  /** Rebuilds the corrected grid: each point at least as dear as every smaller one. */
  private refresh(): void {
    for (let b = 0; b < this.batches.length; b++) {
      for (let l = 0; l < this.lengths.length; l++) {
        const at = b * this.lengths.length + l
        const own = (this.measured[at] ?? 0) * (this.residuals[at] ?? 1)
        this.current[at] = Math.max(own, b > 0 ? this.cell(b - 1, l) : 0, l > 0 ? this.cell(b, l - 1) : 0)
      }
    }
  }

  /** A measured batch size at any length; never below a smaller batch, even where both are extrapolated. */
  private row(b: number, length: number): number {
    const { index, share } = between(this.lengths, length)
    let ms = 0
    for (let i = share > 1 ? 0 : b; i <= b; i++) {
      ms = Math.max(ms, mix(this.cell(i, index), this.cell(i, index + 1), share))
    }
    return ms
  }

  private cell(b: number, l: number): number {
    const row = Math.min(b, this.batches.length - 1) * this.lengths.length
    return this.current[row + Math.min(l, this.lengths.length - 1)] ?? 0
  }
}

const PACE_RATE = 0.08
const RESIDUAL_RATE = 0.03
const RESIDUAL_KEPT = 0.999
/** Largest factors, up or down. */
const SURPRISE_MAX = 1.6
const PACE_MAX = 8
const RESIDUAL_MAX = 1.5

function axis(values: readonly number[]): number[] {
  return [...new Set(values)].sort((a, b) => a - b)
}

/** The measured point itself, or for a hole in the grid the closest one that was measured. */
function nearestPoint(points: readonly CostPoint[], batch: number, length: number): CostPoint {
  const distance = (point: CostPoint) =>
    Math.abs(Math.log2(point.batch / batch)) + Math.abs(Math.log2((point.length + 1) / (length + 1)))
  return points.reduce((best, point) => (distance(point) < distance(best) ? point : best))
}

/** The grid interval a value lies in. `share` passes 1 beyond the last point and is 0 below the first. */
function between(values: readonly number[], value: number): { index: number; share: number } {
  let index = 0
  while (index < values.length - 2 && value >= (values[index + 1] ?? 0)) index++
  const from = values[index] ?? 0
  const to = values[index + 1] ?? from
  return { index, share: to > from ? Math.max(0, (value - from) / (to - from)) : 0 }
}

function closest(values: readonly number[], value: number): number {
  const distances = values.map((each) => Math.abs(each - value))
  return distances.indexOf(Math.min(...distances))
}

function mix(from: number, to: number, share: number): number {
  return from + (to - from) * share
}

function clip(factor: number, most: number): number {
  return Math.min(Math.max(factor, 1 / most), most)
}
