import fc from 'fast-check'
import { expect, test } from 'vitest'
import { jainIndex, maxMinShares, medianSlope, quantile } from './statistics.ts'

const positives = fc.array(fc.double({ min: 0.001, max: 1e3, noNaN: true }), { minLength: 1, maxLength: 40 })

test('a quantile is one of the values, with its share of them at or below it', () => {
  fc.assert(
    fc.property(positives, fc.double({ min: 0, max: 1, noNaN: true }), (values, share) => {
      const found = quantile(values, share)
      expect(values).toContain(found)
      const below = values.filter((value) => value <= found).length
      expect(below).toBeGreaterThanOrEqual(Math.floor(share * values.length))
      expect(values.filter((value) => value < found).length).toBeLessThanOrEqual(share * values.length)
    }),
  )
  expect(quantile([], 0.5)).toBeNaN()
})

test("Jain's index goes from 1 / n, where one has everything, to 1, where all have the same", () => {
  expect(jainIndex([3, 3, 3, 3])).toBeCloseTo(1)
  expect(jainIndex([0, 0, 5, 0])).toBeCloseTo(1 / 4)
  fc.assert(
    fc.property(positives, (shares) => {
      const index = jainIndex(shares)
      expect(index).toBeGreaterThanOrEqual(1 / shares.length - 1e-9)
      expect(index).toBeLessThanOrEqual(1 + 1e-9)
    }),
  )
})

test('max-min shares give nobody more than it asked for and nobody less than another who got more', () => {
  expect(maxMinShares([1, 10, 2], 9)).toEqual([1, 6, 2])
  fc.assert(
    fc.property(positives, fc.double({ min: 0, max: 1e4, noNaN: true }), (demands, capacity) => {
      const shares = maxMinShares(demands, capacity)
      const total = shares.reduce((sum, share) => sum + share, 0)
      const asked = demands.reduce((sum, demand) => sum + demand, 0)
      expect(total).toBeCloseTo(Math.min(asked, capacity), 5)
      const most = Math.max(...shares)
      for (const [at, share] of shares.entries()) {
        expect(share).toBeLessThanOrEqual((demands[at] ?? 0) + 1e-9)
        if (share < (demands[at] ?? 0) - 1e-6) expect(share).toBeCloseTo(most, 5)
      }
    }),
  )
})

test('a slope is found beside a few points that are far off', () => {
  const points = Array.from({ length: 20 }, (_, x) => [x, x % 7 === 3 ? 1e6 : 2 * x + 1] as const)
  expect(medianSlope(points)).toBeCloseTo(2)
})
