import { describe, expect, it } from 'vitest'
import { circle, SHAPE, TABLES, writtenTrace } from '../testing/source.ts'
import { calibrationByPosition } from '../train/calibration.ts'
import { seededRandom } from '../train/random.ts'
import { Replay, type ReplayedTrace } from '../train/replay.ts'
import { staticTraining } from '../train/static-training.ts'
import { initialState } from '../train/training-run.ts'
import { correctedConfidence, fitConfidence, withConfidence } from './calibrate.ts'

const logistic = (logit: number) => 1 / (1 + Math.exp(-logit))

describe('a confidence', () => {
  it('is corrected to what outcomes say, and left as it is where they are few', () => {
    const random = seededRandom(5)
    const outcomes = Array.from({ length: 20_000 }, () => {
      const logit = 3 * random.gaussian()
      return { confidence: logistic(logit), accepted: random.uniform() < logistic(0.6 * logit - 0.8) }
    })
    const fit = fitConfidence(outcomes)
    expect(fit.slope).toBeCloseTo(0.6, 1)
    expect(fit.offset).toBeCloseTo(-0.8, 1)
    expect(correctedConfidence(fit, logistic(2))).toBeCloseTo(logistic(0.4), 1)
    expect(fitConfidence([])).toEqual({ slope: 1, offset: 0 })
    const few = fitConfidence([{ confidence: 0.9, accepted: false }])
    expect(Math.abs(few.offset)).toBeLessThan(0.6)
  })

  it('that is certain and wrong gives numbers, not NaN', () => {
    const fit = fitConfidence([0, 1, 1, 1, 0].map((confidence) => ({ confidence, accepted: confidence === 0 })))
    expect(Number.isFinite(fit.slope) && Number.isFinite(fit.offset)).toBe(true)
    expect(correctedConfidence(fit, 1)).toBeGreaterThanOrEqual(0)
  })

  it('is corrected in the weights exactly as outside of them', async () => {
    const ids = Int32Array.from({ length: SHAPE.vocabularySize }, (_, place) => 2 * place)
    const { trainable: draft, reading } = staticTraining(SHAPE, ids, TABLES)
    const { parameters } = initialState(draft.parameters, seededRandom(3))
    const random = seededRandom(4)
    const drawn = new Map(
      [...parameters].map(([name, values]) => [name, values.map((value) => value + 0.1 * random.gaussian())]),
    )
    const replay = await Replay.open(draft, reading, 4, 1)
    const traces = [writtenTrace(1, circle([0, 4, 2, 8]), 10, [0, 2])]
    const fit = { slope: 0.7, offset: -0.4 }
    const before = (await replay.run(traces, drawn, draft.parameters)).flatMap(({ confidence }) => [...confidence])
    const corrected = await replay.run(traces, withConfidence(drawn, fit), draft.parameters)
    await replay.close()
    const after = corrected.flatMap(({ confidence }) => [...confidence])
    expect(after).toHaveLength(40)
    for (const [index, confidence] of before.entries()) {
      expect(after[index]).toBeCloseTo(correctedConfidence(fit, confidence), 4)
    }
  })
})

describe('calibration', () => {
  const trace = writtenTrace(1, circle([0, 4, 2, 8]), 3, [0, 2])
  /** Chains of two from three places; from the last one only one token is to come. */
  const replayed: ReplayedTrace = {
    trace,
    first: 0,
    accepted: Uint8Array.of(2, 0, 1),
    confidence: Float32Array.of(0.75, 0.5, 0.25, 0.5, 0.75, 0.5),
  }

  it('counts what verification reached, and weighs bins by how many fell into them', () => {
    const [first, second] = calibrationByPosition([replayed], 2)
    // Bins: two of 0.75 of which both were accepted, one of 0.25 that was not.
    expect(first).toMatchObject({ count: 3, acceptance: 2 / 3, error: (0.25 + 0.25 + 0.25) / 3 })
    expect(second).toMatchObject({ count: 1, confidence: 0.5, acceptance: 1, error: 0.5 })
    expect(calibrationByPosition([replayed], 2, () => 1)[1]).toMatchObject({ confidence: 1, error: 0 })
    expect(calibrationByPosition([], 1)).toEqual([{ count: 0, confidence: 0, acceptance: 0, error: 0 }])
  })
})
