import { kernels } from '@foretoken/native'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { draftSampling, NoiseRows, roughGumbel } from './draft-noise.ts'
import { gumbel, Noise } from './noise.ts'
import { seeds } from './testing.ts'

describe('the noise that drafts see', () => {
  it('is the noise of the draw, to within what a table gives, whichever sequence and position were asked before', () => {
    const question = fc.record({ sequence: fc.nat(2), position: fc.nat(500), token: fc.nat(4095) })
    fc.assert(
      fc.property(seeds, fc.array(question, { minLength: 1, maxLength: 40 }), (seed, questions) => {
        const rows = new NoiseRows(4096)
        const drafts = [0, 1, 2].map((choice) => draftSampling(1, seed, choice, rows))
        for (const { sequence, position, token } of questions) {
          const exact = new Noise(seed, sequence)
          exact.moveTo(position)
          const expected = exact.of(token)
          const rough = drafts[sequence]?.gumbel(position, token) ?? Number.NaN
          expect(Math.abs(rough - expected)).toBeLessThan(expected > 0 ? 0.004 : expected > -2 ? 0.1 : 2)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('keeps its resolution up to the largest word', () => {
    for (let bit = 1; bit < 32; bit++) {
      for (const word of [2 ** 32 - 2 ** bit, 2 ** 32 - 2 ** bit + 1, 2 ** 32 - 1]) {
        expect(Math.abs(roughGumbel(word) - gumbel(word))).toBeLessThan(0.5 / 2 ** Math.min(bit, 7) + 0.004)
      }
    }
  })
})

it.runIf(kernels)('the compiled kernel draws the same noise', () => {
  const ids = fc.uniqueArray(fc.nat(5_000), { minLength: 1, maxLength: 40 })
  fc.assert(
    fc.property(seeds, fc.nat(7), fc.nat(2 ** 32 - 1), ids, (seed, choice, position, tokens) => {
      const { gumbel } = draftSampling(1, seed, choice, new NoiseRows(5_001))
      const out = new Float32Array(tokens.length)
      kernels?.draftNoise({ seed, choice, position, temperature: 0.5 }, Int32Array.from(tokens), out)
      for (const [at, token] of tokens.entries()) expect(out[at]).toBeCloseTo(0.5 * gumbel(position, token), 5)
    }),
    { numRuns: 200 },
  )
})
