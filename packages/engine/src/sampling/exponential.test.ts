import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { exponential } from './exponential.ts'

describe('exponential', () => {
  it('is e^x to eleven digits', () => {
    const x = fc.oneof(
      fc.double({ min: -40, max: 0, noNaN: true }),
      fc.integer({ min: -2560, max: 0 }).map((n) => n / 64),
    )
    fc.assert(
      fc.property(x, (value) => {
        expect(Math.abs(exponential(value) / Math.exp(value) - 1)).toBeLessThan(1e-11)
      }),
      { numRuns: 20_000 },
    )
  })

  it('is exact at 0 and 0 far below', () => {
    expect(exponential(0)).toBe(1)
    expect(exponential(-0)).toBe(1)
    expect(exponential(-1000)).toBe(0)
    expect(exponential(-Infinity)).toBe(0)
  })
})
