import type { DecodeReport } from '@foretoken/engine'
import { seededRandom } from '@foretoken/learning/training'

/** One draft token that was reached: all before it in its chain had been accepted. */
export interface CalibrationPoint {
  /** 0 for the first draft token. */
  readonly position: number
  /** What the arm promised, given those before. */
  readonly probability: number
  readonly accepted: boolean
}

/** The points of a step that verified one chain of a neural arm; none for others. */
export function pointsOf(report: DecodeReport): CalibrationPoint[] {
  const [sequence] = report.explain().sequences
  const [branch, ...others] = sequence?.result.branches ?? []
  if (!sequence || !branch || others.length > 0 || branch.arm === 'suffix') return []
  const survival = sequence.options.find(({ arm }) => arm === branch.arm)?.survival ?? []
  const { proposed, accepted } = branch
  // A completion that ends with an accepted token says nothing of those behind it.
  const ended = sequence.result.committed === accepted
  const reached = Math.min(proposed, ended ? accepted : accepted + 1, survival.length)
  return Array.from({ length: reached }, (_, position) => {
    const before = position === 0 ? 1 : (survival[position - 1] ?? 1)
    return { position, probability: (survival[position] ?? 0) / before, accepted: position < accepted }
  })
}

export interface PositionCalibration {
  readonly position: number
  readonly points: number
  readonly promised: number
  readonly accepted: number
  /**
   * Expected calibration error over BINS bins of equal size (Naeini et al. 2015; equal-mass bins as Nixon et al. 2019).
   */
  readonly error: number
  /** The error that as many points of a perfectly calibrated arm would show: what is left is luck of small bins. */
  readonly noise: number
}

export function calibrationByPosition(points: readonly CalibrationPoint[]): PositionCalibration[] {
  const positions = [...new Set(points.map(({ position }) => position))].sort((a, b) => a - b)
  return positions.map((position) => {
    const own = points.filter((point) => point.position === position)
    return {
      position,
      points: own.length,
      promised: mean(own.map(({ probability }) => probability)),
      accepted: mean(own.map(outcome)),
      error: calibrationError(own),
      noise: noiseOf(own),
    }
  })
}

export function calibrationError(points: readonly CalibrationPoint[]): number {
  const sorted = [...points].sort((a, b) => a.probability - b.probability)
  let error = 0
  for (let bin = 0; bin < BINS; bin++) {
    const from = Math.floor((bin * sorted.length) / BINS)
    const own = sorted.slice(from, Math.floor(((bin + 1) * sorted.length) / BINS))
    if (own.length === 0) continue
    const gap = Math.abs(mean(own.map(({ probability }) => probability)) - mean(own.map(outcome)))
    error += (gap * own.length) / sorted.length
  }
  return error
}

const BINS = 10
const REDRAWS = 50

/** Mean error over outcomes that are drawn from the promises themselves. */
function noiseOf(points: readonly CalibrationPoint[]): number {
  const random = seededRandom(points.length)
  const redraw = () => points.map((point) => ({ ...point, accepted: random.uniform() < point.probability }))
  return mean(Array.from({ length: REDRAWS }, () => calibrationError(redraw())))
}

function outcome({ accepted }: CalibrationPoint): number {
  return accepted ? 1 : 0
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)
}
