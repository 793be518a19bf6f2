import { kernels, type SamplingKernel } from '@foretoken/native'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SamplingParameters } from '../request.ts'
import { NumericError } from './numeric-error.ts'
import { Sampler } from './sampler.ts'
import {
  densities,
  filterParameters,
  maskOf,
  normalLogits,
  PLAIN,
  penaltyParameters,
  rows,
  seeds,
  temperatures,
} from './testing.ts'
import { Workspace } from './workspace.ts'

/** A workspace whose kernel counts the draws that it left to the reference. */
function counting(vocabularySize: number): { workspace: Workspace; left: () => number } {
  const workspace = new Workspace(vocabularySize)
  const kernel = workspace.kernel
  if (!kernel) throw new Error('there is no kernel')
  let undecided = 0
  const seen = (token: number) => {
    if (token < 0) undecided++
    return token
  }
  const counted: SamplingKernel = {
    sequence: (parameters) => kernel.sequence(parameters),
    draw: (logits, offset, sequence, position) => seen(kernel.draw(logits, offset, sequence, position)),
    drawPenalised: (scores, sequence, position) => seen(kernel.drawPenalised(scores, sequence, position)),
    drawMasked: (logits, offset, mask, sequence, position) =>
      seen(kernel.drawMasked(logits, offset, mask, sequence, position)),
    drawPenalisedMasked: (scores, mask, sequence, position) =>
      seen(kernel.drawPenalisedMasked(scores, mask, sequence, position)),
    likeliest: (logits, offset, ids) => kernel.likeliest(logits, offset, ids),
  }
  return { workspace: { ...workspace, kernel: counted }, left: () => undecided }
}

function pair(parameters: Partial<SamplingParameters>, vocabularySize: number, prompt: number[] = [], choice = 0) {
  const complete = { ...PLAIN, ...parameters }
  const { workspace, left } = counting(vocabularySize)
  const reference = new Workspace(vocabularySize, { native: false })
  return {
    compiled: new Sampler(complete, choice, prompt, vocabularySize, workspace),
    reference: new Sampler(complete, choice, prompt, vocabularySize, reference),
    left,
  }
}

const CASES: Record<string, Partial<SamplingParameters>> = {
  greedy: { temperature: 0 },
  plain: {},
  'a low temperature': { temperature: 0.2 },
  'a high temperature': { temperature: 30 },
  'min-p': { minP: 0.05 },
  'top-k': { topK: 40 },
  'a wide top-k': { topK: 1_500 },
  'top-p': { topP: 0.9 },
  'a narrow top-p': { topP: 0.2 },
  'all filters': { minP: 0.001, topK: 200, topP: 0.95 },
  penalties: { topP: 0.8, presencePenalty: 0.5, repetitionPenalty: 1.2, logitBias: new Map([[3, 9]]) },
}

describe.runIf(kernels)('the compiled sampler', () => {
  it.each(Object.entries(CASES))('draws the same tokens by itself on usual rows: %s', (_, parameters) => {
    for (const [at, deviation] of [0.3, 1, 3, 8].entries()) {
      const V = [4096, 4097, 1027, 20_000][at] ?? 0
      const { compiled, reference, left } = pair({ ...parameters, seed: BigInt(at) }, V, [1, 2, 3, 3])
      const draws = 60
      for (let position = 0; position < draws; position++) {
        const row = normalLogits(V, deviation, position)
        const token = compiled.sample(row, 0, position)
        expect(token).toBe(reference.sample(row, 0, position))
        for (const sampler of [compiled, reference]) sampler.commit(token)
      }
      expect(left()).toBeLessThan(3)
    }
  })

  it('draws the same tokens on any row, parameters and history', () => {
    const parametersOf = fc
      .tuple(filterParameters, penaltyParameters, temperatures, seeds)
      .map(([filters, penalties, temperature, seed]) => ({ ...filters, ...penalties, temperature, seed }))
    const past = fc.array(fc.nat(50), { maxLength: 20 })
    const place = fc.record({ choice: fc.nat(2 ** 32 - 1), position: fc.nat(2 ** 32 - 1) })
    fc.assert(
      fc.property(rows, parametersOf, past, place, (row, parameters, tokens, { choice, position }) => {
        const { compiled, reference } = pair(parameters, row.length, tokens, choice)
        for (const sampler of [compiled, reference]) for (const token of tokens) sampler.commit(token)
        const matrix = Float32Array.from([...row, ...row])
        expect(compiled.sample(matrix, row.length, position)).toBe(reference.sample(matrix, row.length, position))
      }),
      { numRuns: 10_000 },
    )
  }, 120_000)

  it('draws the same tokens under any mask', () => {
    const parametersOf = fc
      .tuple(filterParameters, penaltyParameters, temperatures, seeds)
      .map(([filters, penalties, temperature, seed]) => ({ ...filters, ...penalties, temperature, seed }))
    const past = fc.array(fc.nat(50), { maxLength: 20 })
    fc.assert(
      fc.property(rows, parametersOf, past, densities, fc.nat(), (row, parameters, tokens, density, seed) => {
        const mask = maskOf(row, density, seed)
        const { compiled, reference } = pair(parameters, row.length, tokens)
        for (const sampler of [compiled, reference]) for (const token of tokens) sampler.commit(token)
        const matrix = Float32Array.from([...row, ...row])
        expect(compiled.sample(matrix, row.length, 5, mask)).toBe(reference.sample(matrix, row.length, 5, mask))
      }),
      { numRuns: 5_000 },
    )
  }, 120_000)

  it('draws by itself under the masks that grammars have', () => {
    for (const density of [0.0005, 0.05, 0.9]) {
      const row = normalLogits(4096, 3, 1)
      const { compiled, reference, left } = pair({ topP: 0.9, minP: 0.01 }, 4096)
      for (let position = 0; position < 60; position++) {
        const mask = maskOf(row, density, position)
        expect(compiled.sample(row, 0, position, mask)).toBe(reference.sample(row, 0, position, mask))
      }
      expect(left()).toBeLessThan(3)
    }
  })

  it('draws the same tokens, or refuses the same rows, whatever numbers they hold', () => {
    const wild = fc.oneof(
      fc.float(),
      fc.constantFrom(0, -0, 1, 1, -1e-45, 3.4e38, -3.4e38, -Infinity, -Infinity),
      { weight: 1, arbitrary: fc.constantFrom(Number.NaN, Infinity) },
      { weight: 20, arbitrary: fc.float({ min: -8, max: 8, noNaN: true }) },
    )
    const row = fc.array(wild, { minLength: 1, maxLength: 300 }).map((values) => Float32Array.from(values))
    const outcome = (sampler: Sampler, logits: Float32Array) => {
      try {
        return sampler.sample(logits, 0, 7)
      } catch (cause) {
        return cause instanceof NumericError ? cause.message : cause
      }
    }
    fc.assert(
      fc.property(row, filterParameters, temperatures, seeds, (logits, filters, temperature, seed) => {
        const { compiled, reference } = pair({ ...filters, temperature, seed }, logits.length)
        expect(outcome(compiled, logits)).toBe(outcome(reference, logits))
      }),
      { numRuns: 10_000 },
    )
  })

  it('leaves what it cannot tell to the reference: two tokens that share p to the last bit', () => {
    const row = new Float32Array(256).fill(-Infinity).fill(0, 0, 2)
    const { compiled, reference, left } = pair({ topP: 0.5 }, 256)
    for (let position = 0; position < 40; position++) {
      expect(compiled.sample(row, 0, position)).toBe(reference.sample(row, 0, position))
    }
    expect(left()).toBeGreaterThan(5)
  })
})
