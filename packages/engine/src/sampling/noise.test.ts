import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { gumbel, NOISE_MAX, Noise, noiseBound } from './noise.ts'
import { seeds } from './testing.ts'

const word = fc.oneof(
  fc.nat(0xffffffff),
  fc.nat(0xffff).map((offset) => 0xffffffff - offset),
  fc.integer({ min: 0, max: 31 }).chain((bit) => fc.constantFrom(2 ** bit - 1, 2 ** bit, 2 ** 32 - 2 ** bit)),
)

/** Noise of ids 0 to n − 1. */
function sample(seed: bigint, choice: number, position: number, n = 4000): number[] {
  const noise = new Noise(seed, choice)
  noise.moveTo(position)
  return Array.from({ length: n }, (_, token) => noise.of(token))
}

const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

/** Pearson's, over the first `a.length` values. */
function correlation(a: readonly number[], b: readonly number[]): number {
  const [meanA, meanB] = [meanOf(a), meanOf(b)]
  const covariance = meanOf(a.map((value, index) => (value - meanA) * ((b[index] ?? 0) - meanB)))
  const varianceA = meanOf(a.map((value) => (value - meanA) ** 2))
  const varianceB = meanOf(b.map((value) => (value - meanB) ** 2))
  return covariance / Math.sqrt(varianceA * varianceB)
}

describe('Noise', () => {
  it('stays below the bound that pruning relies on', () => {
    fc.assert(
      fc.property(word, (bits) => {
        expect(gumbel(bits)).toBeLessThan(noiseBound(bits))
        expect(noiseBound(bits)).toBeLessThanOrEqual(NOISE_MAX)
      }),
      { numRuns: 20_000 },
    )
  })

  it('is finite at both ends of the random words', () => {
    expect(gumbel(0)).toBeCloseTo(-3.13, 2)
    expect(gumbel(0xffffffff)).toBeCloseTo(22.874, 3)
  })

  it('has the mean and the variance of the Gumbel distribution', () => {
    const values = sample(7n, 0, 0, 40_000)
    const mean = meanOf(values)
    const variance = meanOf(values.map((value) => (value - mean) ** 2))
    expect(Math.abs(mean - 0.5772)).toBeLessThan(0.02)
    expect(Math.abs(variance - Math.PI ** 2 / 6)).toBeLessThan(0.06)
  })

  it.each([
    { name: 'choices', other: sample(1n, 1, 0) },
    { name: 'positions', other: sample(1n, 0, 1) },
    { name: 'seeds', other: sample(2n, 0, 0) },
    { name: 'seeds that differ in the upper half', other: sample(1n + 2n ** 32n, 0, 0) },
    { name: 'neighbouring tokens', other: sample(1n, 0, 0, 4001).slice(1) },
    { name: 'choice and position swapped', other: sample(1n, 3, 2), base: sample(1n, 2, 3) },
  ])('is uncorrelated between $name', ({ other, base }) => {
    // Four standard errors of 4000 pairs.
    expect(Math.abs(correlation(base ?? sample(1n, 0, 0), other))).toBeLessThan(4 / Math.sqrt(4000))
  })

  it('belongs to the token, whichever other tokens are asked for', () => {
    fc.assert(
      fc.property(seeds, fc.nat(100), fc.nat(2 ** 31), fc.array(fc.nat(200_000)), (seed, choice, position, tokens) => {
        const shared = new Noise(seed, choice)
        shared.moveTo(position)
        for (const token of tokens) {
          const alone = new Noise(seed, choice)
          alone.moveTo(position)
          expect(shared.of(token)).toBe(alone.of(token))
        }
      }),
    )
  })
})
