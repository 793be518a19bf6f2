import { describe, expect, it } from 'vitest'
import type { SamplingParameters } from '../request.ts'
import { processReference } from './reference.ts'
import { Sampler } from './sampler.ts'
import { normalLogits, PLAIN } from './testing.ts'
import { Workspace } from './workspace.ts'

const DRAWS = 40_000

/** softmax of the reference's processed logits. */
function probabilities(row: Float32Array, parameters: SamplingParameters): number[] {
  const scores = processReference(row, parameters, { prompt: [], completion: [] })
  const highest = Math.max(...scores)
  const weights = scores.map((score) => Math.exp(score - highest))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return weights.map((weight) => weight / total)
}

/**
 * Pearson's chi-square as a standard normal deviate (Wilson and Hilferty 1931). Tokens expected less than five times
 * form one cell.
 */
function deviate(counts: readonly number[], expected: readonly number[]): number {
  const cells = expected.map((value, index) => ({ value, count: counts[index] ?? 0 }))
  const rare = cells.filter(({ value }) => value < 5)
  const merged = rare.reduce((sum, { value, count }) => ({ value: sum.value + value, count: sum.count + count }), {
    value: 0,
    count: 0,
  })
  const tested = [...cells.filter(({ value }) => value >= 5), ...(merged.value > 1e-9 ? [merged] : [])]
  const statistic = tested.reduce((sum, { value, count }) => sum + (count - value) ** 2 / value, 0)
  const freedom = tested.length - 1
  return (Math.cbrt(statistic / freedom) - (1 - 2 / (9 * freedom))) / Math.sqrt(2 / (9 * freedom))
}

describe('drawn tokens', () => {
  it.each<{ name: string; size: number; parameters: Partial<SamplingParameters> }>([
    { name: 'temperature 1, small vocabulary', size: 11, parameters: {} },
    { name: 'temperature 1, wide vocabulary', size: 700, parameters: {} },
    { name: 'temperature 0.6', size: 200, parameters: { temperature: 0.6 } },
    { name: 'temperature 1.7, bias', size: 50, parameters: { temperature: 1.7, logitBias: new Map([[3, 4]]) } },
    { name: 'top-k', size: 200, parameters: { topK: 12 } },
    { name: 'top-p', size: 200, parameters: { topP: 0.8 } },
    { name: 'min-p', size: 200, parameters: { minP: 0.1 } },
    { name: 'all filters', size: 500, parameters: { temperature: 1.5, minP: 0.01, topK: 60, topP: 0.95 } },
  ])('follow the processed distribution: $name', ({ size, parameters }) => {
    const complete = { ...PLAIN, ...parameters }
    const row = normalLogits(size, 1.5, size)
    const sampler = new Sampler(complete, 0, [], size, new Workspace(size))
    const counts = new Array<number>(size).fill(0)
    for (let position = 0; position < DRAWS; position++) {
      const token = sampler.sample(row, 0, position)
      counts[token] = (counts[token] ?? 0) + 1
    }
    const expected = probabilities(row, complete).map((probability) => probability * DRAWS)
    for (const [id, value] of expected.entries()) if (value === 0) expect(counts[id]).toBe(0)
    // One-sided p = 10⁻⁴; the draws are a function of fixed seeds, so the outcome can't flicker.
    expect(deviate(counts, expected)).toBeLessThan(3.72)
  })

  it('follow it across choices and seeds at one position, too', () => {
    const row = normalLogits(30, 1, 9)
    const expected = probabilities(row, PLAIN).map((probability) => probability * 20_000)
    const workspace = new Workspace(30)
    const histogram = (draw: (index: number) => Sampler) => {
      const counts = new Array<number>(30).fill(0)
      for (let index = 0; index < 20_000; index++) {
        const token = draw(index).sample(row, 0, 17)
        counts[token] = (counts[token] ?? 0) + 1
      }
      return counts
    }
    const byChoice = histogram((choice) => new Sampler(PLAIN, choice, [], 30, workspace))
    const bySeed = histogram((seed) => new Sampler({ ...PLAIN, seed: BigInt(seed) << 20n }, 0, [], 30, workspace))
    expect(deviate(byChoice, expected)).toBeLessThan(3.72)
    expect(deviate(bySeed, expected)).toBeLessThan(3.72)
  })

  it('would fail this test under a distribution that is slightly off', () => {
    const row = normalLogits(200, 1.5, 200)
    const sampler = new Sampler({ ...PLAIN, temperature: 1.05 }, 0, [], 200, new Workspace(200))
    const counts = new Array<number>(200).fill(0)
    for (let position = 0; position < DRAWS; position++) {
      const token = sampler.sample(row, 0, position)
      counts[token] = (counts[token] ?? 0) + 1
    }
    const expected = probabilities(row, PLAIN).map((probability) => probability * DRAWS)
    expect(deviate(counts, expected)).toBeGreaterThan(3.72)
  })
})
