import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { drawAt } from '../controller/draw.ts'
import { gaussians } from '../recurrent/testing/random-draft.ts'
import { ConfidenceCalibration } from './confidence.ts'

/** A draft that says `confidence` where the chance is `chance`. */
type Source = (position: number, gaussian: () => number) => { confidence: number; chance: number }

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x))
const POSITIONS = 5

/** States slope · logit + offset of each position for the true logit. */
function misstating(slopes: readonly number[], offsets: readonly number[]): Source {
  return (position, gaussian) => {
    const truth = 0.8 + 1.6 * gaussian()
    return { confidence: sigmoid((slopes[position] ?? 1) * truth + (offsets[position] ?? 0)), chance: sigmoid(truth) }
  }
}

const SOURCES: Record<string, Source> = {
  honest: misstating([1, 1, 1, 1, 1], [0, 0, 0, 0, 0]),
  overconfident: misstating([1.5, 1.5, 1.8, 1.8, 2], [1, 1.2, 1.4, 1.6, 1.8]),
  underconfident: misstating([0.6, 0.6, 0.5, 0.5, 0.4], [-1, -1, -1, -1.2, -1.2]),
  'different at each position': misstating([1.5, 1, 0.7, 1.5, 1], [1, -1, 0, -1, 1]),
}

function learn(calibration: ConfidenceCalibration, source: Source, outcomes: number, seed: number): void {
  const gaussian = gaussians(seed)
  for (let n = 0; n < outcomes; n++) {
    for (let position = 0; position < POSITIONS; position++) {
      const { confidence, chance } = source(position, gaussian)
      calibration.observe(position, confidence, drawAt(seed + 1, n * POSITIONS + position) < chance)
    }
  }
}

/** Expected calibration error (Guo et al. 2017) over ten bins, by the true chances instead of more outcomes. */
function errorOf(calibration: ConfidenceCalibration, source: Source, position: number): number {
  const gaussian = gaussians(99)
  const differences = new Array<number>(10).fill(0)
  const count = 1_000
  for (let n = 0; n < count; n++) {
    const { confidence, chance } = source(position, gaussian)
    const probability = calibration.probability(position, confidence)
    const bin = Math.min(9, Math.floor(probability * 10))
    differences[bin] = (differences[bin] ?? 0) + probability - chance
  }
  return differences.reduce((total, difference) => total + Math.abs(difference), 0) / count
}

/** By position, the mean over tenants that each start anew. */
function errors(teach: (calibration: ConfidenceCalibration, seed: number) => void, source: Source): number[] {
  const tenants = Array.from({ length: 20 }, (_, tenant) => {
    const calibration = new ConfidenceCalibration()
    teach(calibration, 1_000 * tenant + 7)
    return calibration
  })
  return Array.from({ length: POSITIONS }, (_, position) => {
    return tenants.reduce((sum, each) => sum + errorOf(each, source, position), 0) / tenants.length
  })
}

describe.each(Object.entries(SOURCES))('of a draft that is %s', (name, source) => {
  it('is calibrated to 3 % at each position after 500 outcomes', () => {
    const before = errors(() => {}, source)
    const after = errors((calibration, seed) => learn(calibration, source, 500, seed), source)
    if (name !== 'honest') expect(Math.max(...before)).toBeGreaterThan(0.12)
    for (const error of after) expect(error).toBeLessThan(0.03)
  })
})

it('follows a source that turns from overconfident to underconfident', () => {
  const { overconfident = misstating([], []), underconfident = overconfident } = SOURCES
  const changed = (outcomes: number) =>
    errors((calibration, seed) => {
      learn(calibration, overconfident, 500, seed)
      learn(calibration, underconfident, outcomes, seed + 3)
    }, underconfident)
  const [before, after] = [changed(0), changed(500)]
  for (const [position, error] of after.entries()) {
    expect(before[position]).toBeGreaterThan(0.25)
    expect(error).toBeLessThan(0.08)
  }
})

it('believes the confidence itself before it has seen anything', () => {
  const calibration = new ConfidenceCalibration()
  for (const confidence of [0.01, 0.2, 0.5, 0.9, 0.99]) {
    for (const position of [0, 3, 20]) expect(calibration.probability(position, confidence)).toBeCloseTo(confidence, 6)
  }
})

const anything = fc.oneof(
  fc.double({ min: 0, max: 1 }),
  fc.constantFrom(0, 1, Number.NaN, -1, 2, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.MIN_VALUE),
)

it('whatever it is told, gives probabilities', () => {
  const outcomes = fc.array(fc.tuple(fc.nat(40), anything, fc.boolean(), fc.integer({ min: 1, max: 300 })), {
    maxLength: 30,
  })
  fc.assert(
    fc.property(outcomes, anything, fc.nat(40), (seen, confidence, position) => {
      const calibration = new ConfidenceCalibration()
      for (const [at, stated, taken, times] of seen) {
        for (let n = 0; n < times; n++) calibration.observe(at, stated, taken)
      }
      const probability = calibration.probability(position, confidence)
      expect(probability).toBeGreaterThan(0)
      expect(probability).toBeLessThan(1)
    }),
  )
})

it('a certainty that proves wrong is given up', () => {
  for (const [confidence, taken] of [
    [1, false],
    [0, true],
    [Number.NaN, true],
  ] as const) {
    const calibration = new ConfidenceCalibration()
    for (let n = 0; n < 300; n++) calibration.observe(0, confidence, taken)
    expect(Math.abs(calibration.probability(0, confidence) - Number(taken))).toBeLessThan(0.1)
  }
})
