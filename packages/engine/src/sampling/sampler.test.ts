import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SamplingParameters } from '../request.ts'
import { NumericError } from './numeric-error.ts'
import { processReference, sampleReference } from './reference.ts'
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

function samplerOf(parameters: Partial<SamplingParameters>, vocabularySize: number, prompt: number[] = [], choice = 0) {
  return new Sampler({ ...PLAIN, ...parameters }, choice, prompt, vocabularySize, new Workspace(vocabularySize))
}

const parametersOf = fc
  .tuple(filterParameters, penaltyParameters, temperatures, seeds)
  .map(([filters, penalties, temperature, seed]) => ({ ...PLAIN, ...filters, ...penalties, temperature, seed }))

describe('Sampler', () => {
  it('agrees with the plain reference on any row, parameters and history', () => {
    const history = fc.record({ prompt: fc.array(fc.nat(50)), completion: fc.array(fc.nat(50), { maxLength: 20 }) })
    fc.assert(
      fc.property(rows, parametersOf, history, fc.nat(9), fc.nat(1e6), (row, parameters, past, choice, position) => {
        const sampler = samplerOf(parameters, row.length, past.prompt, choice)
        for (const token of past.completion) sampler.commit(token)
        expect(sampler.sample(row, 0, position)).toBe(sampleReference(row, parameters, past, choice, position))
      }),
      { numRuns: 3000 },
    )
  })

  it('draws under a mask what the plain reference draws among the tokens that it leaves', () => {
    const history = fc.record({ prompt: fc.array(fc.nat(50)), completion: fc.array(fc.nat(50), { maxLength: 20 }) })
    fc.assert(
      fc.property(rows, parametersOf, history, densities, fc.nat(), (row, parameters, past, density, seed) => {
        const mask = maskOf(row, density, seed)
        const allowed = (id: number) => (((mask[id >> 5] ?? 0) >>> (id & 31)) & 1) === 1
        const sampler = samplerOf(parameters, row.length, past.prompt, 3)
        for (const token of past.completion) sampler.commit(token)
        const token = sampler.sample(row, 0, 11, mask)
        expect(allowed(token)).toBe(true)
        expect(token).toBe(sampleReference(row, parameters, past, 3, 11, allowed))
      }),
      { numRuns: 3000 },
    )
  })

  it('refuses a row whose mask leaves nothing possible', () => {
    const row = Float32Array.of(1, -Infinity, 2)
    for (const temperature of [0, 1]) {
      expect(() => samplerOf({ temperature }, 3).sample(row, 0, 0, Uint32Array.of(0b010))).toThrow(NumericError)
    }
  })

  it('agrees with the plain reference at many positions of a wide row', () => {
    for (const deviation of [0.1, 1, 3, 8]) {
      const row = normalLogits(4097, deviation, 5)
      const sampler = samplerOf({}, row.length)
      for (let position = 0; position < 100; position++) {
        expect(sampler.sample(row, 0, position)).toBe(
          sampleReference(row, PLAIN, { prompt: [], completion: [] }, 0, position),
        )
      }
    }
  })

  it('draws the same token whatever was drawn before, in whatever order, from whatever row offset', () => {
    const row = normalLogits(500, 1, 1)
    const matrix = Float32Array.from([...normalLogits(500, 1, 2), ...row, ...normalLogits(500, 1, 3)])
    const parameters = { topP: 0.95, temperature: 1.3 }
    const ahead = Array.from({ length: 50 }, (_, position) => samplerOf(parameters, 500).sample(row, 0, position))
    const sampler = samplerOf(parameters, 500)
    for (let position = 49; position >= 0; position--) {
      sampler.sample(matrix, 1000, position)
      expect(sampler.sample(matrix, 500, position)).toBe(ahead[position])
    }
    expect(new Set(ahead).size).toBeGreaterThan(20)
  })

  it('draws a surviving token whenever it would have been drawn without filters', () => {
    fc.assert(
      fc.property(rows, filterParameters, seeds, (row, parameters, seed) => {
        const free = samplerOf({ seed }, row.length).sample(row, 0, 3)
        const scores = processReference(row, { ...PLAIN, ...parameters }, { prompt: [], completion: [] })
        const filtered = samplerOf({ ...parameters, seed }, row.length).sample(row, 0, 3)
        expect(scores[filtered]).toBeGreaterThan(-Infinity)
        if ((scores[free] ?? 0) > -Infinity) expect(filtered).toBe(free)
      }),
    )
  })

  it('penalises tokens from the moment they are committed, as verification relies on', () => {
    const row = Float32Array.of(1, 0.9, 0.8, 0.7)
    const sampler = samplerOf({ temperature: 0, presencePenalty: 2 }, 4)
    const drawn = Array.from({ length: 4 }, (_, position) => {
      const token = sampler.sample(row, 0, position)
      expect(sampler.sample(row, 0, position)).toBe(token)
      sampler.commit(token)
      return token
    })
    expect(drawn).toEqual([0, 1, 2, 3])
  })

  it('is greedy at temperature 0, lowest id on ties', () => {
    expect(samplerOf({ temperature: 0 }, 4).sample(Float32Array.of(0, 2, 2, 1), 0, 0)).toBe(1)
    expect(samplerOf({ temperature: 1e-6, topP: 0.1 }, 4).sample(Float32Array.of(0, 2, 2, 1), 0, 0)).toBe(1)
  })

  it('shares a workspace between sequences without a trace', () => {
    const workspace = new Workspace(100)
    const row = normalLogits(100, 2, 4)
    const narrow = new Sampler({ ...PLAIN, topK: 2 }, 0, [], 100, workspace)
    const wide = new Sampler(PLAIN, 1, [], 100, workspace)
    const alone = samplerOf({}, 100, [], 1)
    for (let position = 0; position < 100; position++) {
      narrow.sample(row, 0, position)
      expect(wide.sample(row, 0, position)).toBe(alone.sample(row, 0, position))
    }
  })
})

describe('a row that is no distribution', () => {
  const broken = [
    { name: 'NaN', row: Float32Array.of(1, Number.NaN, 2, 3, 4) },
    { name: 'NaN at the end', row: Float32Array.of(1, 0, 2, 3, Number.NaN) },
    { name: '+∞', row: Float32Array.of(1, Infinity, 2, 3, 4) },
    { name: 'nothing finite', row: new Float32Array(5).fill(-Infinity) },
  ]
  const modes: Partial<SamplingParameters>[] = [
    { temperature: 0 },
    { temperature: 0, logitBias: new Map([[0, 1]]) },
    { temperature: 1 },
    { temperature: 1, topK: 2, topP: 0.5 },
  ]

  it.each(broken)('with $name fails the request, and the next one works', ({ row }) => {
    const workspace = new Workspace(5)
    for (const mode of modes) {
      const sampler = new Sampler({ ...PLAIN, ...mode }, 0, [], 5, workspace)
      expect(() => sampler.sample(row, 0, 0)).toThrow(NumericError)
      expect(() => sampler.logprobs(row, 0, 0, 3)).toThrow(NumericError)
      expect(sampler.sample(Float32Array.of(0, 0, 90, 0, 0), 0, 0)).toBe(2)
    }
  })
})
