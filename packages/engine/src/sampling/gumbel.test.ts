import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { drawToken, type NoiseSource } from './gumbel.ts'
import { gumbel } from './noise.ts'

/** Noise from given words: token id has words[id]. */
function noiseOf(bits: readonly number[]): NoiseSource {
  const words = new Uint32Array(4)
  return {
    words,
    load: (block) => words.set(bits.slice(4 * block, 4 * block + 4)),
    of: (token) => gumbel(bits[token] ?? 0),
  }
}

// Few values, so that perturbed scores tie, which real noise does once in 2³² pairs.
const token = fc.record({
  score: fc.constantFrom(0, 1, 5, -30, -Infinity),
  bits: fc.constantFrom(0, 1, 0x7fffffff, 0xfffffffe, 0xffffffff),
})

describe('drawToken', () => {
  it('is the lowest id among the highest perturbed scores, whichever token the search starts from', () => {
    fc.assert(
      fc.property(fc.array(token, { minLength: 1, maxLength: 12 }), (tokens) => {
        fc.pre(tokens.some(({ score }) => score > -Infinity))
        const padded = new Float64Array(Math.ceil(tokens.length / 4) * 4).fill(-Infinity)
        padded.set(tokens.map(({ score }) => score))
        const perturbed = tokens.map(({ score, bits }) => score + gumbel(bits))
        const expected = perturbed.indexOf(Math.max(...perturbed))
        const noise = noiseOf(tokens.map(({ bits }) => bits))
        const highest = Math.max(...padded)
        for (const [id, { score }] of tokens.entries()) {
          if (score === highest) expect(drawToken(padded, id, noise)).toBe(expected)
        }
      }),
      { numRuns: 2000 },
    )
  })
})
