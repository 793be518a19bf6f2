import { seededRandom } from '@foretoken/learning/training'
import { expect, test } from 'vitest'
import { pickBy, poissonArrivals, zipfShares } from './arrivals.ts'

const draw = (seed: number) => seededRandom(seed).uniform

test('arrivals come at the rate that was asked for, in order, as irregularly as a Poisson process does', () => {
  const arrivals = poissonArrivals(50, 200, draw(1))
  expect(arrivals.length / 200).toBeGreaterThan(48)
  expect(arrivals.length / 200).toBeLessThan(52)
  const gaps = arrivals.map((at, index) => at - (arrivals[index - 1] ?? 0))
  expect(Math.min(...gaps)).toBeGreaterThan(0)
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length
  const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length
  expect(Math.sqrt(variance) / mean).toBeGreaterThan(0.95) // of an exponential distribution it is 1
  expect(Math.sqrt(variance) / mean).toBeLessThan(1.05)
})

test('the same seed gives the same arrivals', () => {
  expect(poissonArrivals(5, 20, draw(2))).toEqual(poissonArrivals(5, 20, draw(2)))
  expect(poissonArrivals(5, 20, draw(2))).not.toEqual(poissonArrivals(5, 20, draw(3)))
})

test('tenants are picked as often as their popularity says', () => {
  const shares = zipfShares(8)
  expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1)
  expect((shares[0] ?? 0) / (shares[3] ?? 0)).toBeCloseTo(4)
  const counts = shares.map(() => 0)
  const next = draw(4)
  for (let pick = 0; pick < 20_000; pick++) {
    const at = pickBy(shares, next)
    counts[at] = (counts[at] ?? 0) + 1
  }
  for (const [at, share] of shares.entries()) expect((counts[at] ?? 0) / 20_000).toBeCloseTo(share, 1.5)
  expect(pickBy([0.5, 0.5 - 1e-12], () => 1 - 1e-16)).toBe(1)
})
