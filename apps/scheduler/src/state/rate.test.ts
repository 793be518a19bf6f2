import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { noRate, observe, perDay } from './rate.ts'

const HOUR = 3_600_000

describe('a decayed rate', () => {
  it('is what it is from the first hour on, for traffic that does not change', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000 }), fc.integer({ min: 1, max: 400 }), (perHour, hours) => {
        let rate = noRate(0)
        for (let hour = 1; hour <= hours; hour++) rate = observe(rate, perHour, hour * HOUR)
        expect(perDay(rate) / (24 * perHour)).toBeCloseTo(1, 6)
      }),
    )
  })

  it('does not take the burst of a minute for a day', () => {
    expect(perDay(observe(noRate(0), 600, 60_000))).toBeLessThan(600 * 24 * 1.1)
  })

  it('halves in three days of silence', () => {
    let rate = noRate(0)
    for (let day = 1; day <= 200; day++) rate = observe(rate, 100, day * 24 * HOUR)
    expect(perDay(observe(rate, 0, 203 * 24 * HOUR))).toBeCloseTo(50, 1)
  })
})
