import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { philox4x32 } from './philox.ts'

type Words = readonly [number, number, number, number, number, number]

/** Counter words 0 to 3, then key words 0 and 1. */
function block([c0, c1, c2, c3, k0, k1]: Words): number[] {
  const out = new Uint32Array(4)
  philox4x32(out, c0, c1, c2, c3, k0, k1)
  return [...out]
}

/** The paper's definition in exact arithmetic. */
function blockExact(words: Words): number[] {
  let [c0, c1, c2, c3, k0, k1] = words.map(BigInt) as [bigint, bigint, bigint, bigint, bigint, bigint]
  const word = (value: bigint) => BigInt.asUintN(32, value)
  for (let round = 0; round < 10; round++) {
    const product0 = 0xd2511f53n * c0
    const product1 = 0xcd9e8d57n * c2
    c0 = (product1 >> 32n) ^ c1 ^ k0
    c1 = word(product1)
    c2 = (product0 >> 32n) ^ c3 ^ k1
    c3 = word(product0)
    k0 = word(k0 + 0x9e3779b9n)
    k1 = word(k1 + 0xbb67ae85n)
  }
  return [c0, c1, c2, c3].map(Number)
}

describe('philox4x32', () => {
  // kat_vectors of Random123, the authors' library.
  it.each<{ name: string; words: Words; expected: number[] }>([
    { name: 'zeros', words: [0, 0, 0, 0, 0, 0], expected: [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8] },
    {
      name: 'ones',
      words: [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      expected: [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    },
    {
      name: 'digits of pi',
      words: [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0],
      expected: [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    },
  ])('gives the known answer for $name', ({ words, expected }) => {
    expect(block(words)).toEqual(expected)
  })

  it('equals the definition in exact arithmetic', () => {
    const word = fc.oneof(
      fc.nat(0xffffffff),
      fc.constantFrom(0, 1, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff),
    )
    fc.assert(
      fc.property(fc.tuple(word, word, word, word, word, word), (words) => {
        expect(block(words)).toEqual(blockExact(words))
      }),
      { numRuns: 2000 },
    )
  })
})
