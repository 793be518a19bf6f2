import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BLOCK_FORMATS, type BlockType, dequantise } from './blocks.ts'

/** A half's bits and its value, by the definition of the format. */
const half = fc
  .record({ sign: fc.boolean(), exponent: fc.nat(30), fraction: fc.nat(1023) })
  .map(({ sign, exponent, fraction }) => ({
    bits: (sign ? 0x8000 : 0) | (exponent << 10) | fraction,
    value: (sign ? -1 : 1) * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15)),
  }))
type Half = { readonly bits: number; readonly value: number }

const codes = (least: number, most: number) =>
  fc.array(fc.integer({ min: least, max: most }), { minLength: 32, maxLength: 32 })

const littleEndian = ({ bits }: Half) => [bits & 255, bits >> 8]
/** The first sixteen codes lie in the low halves of sixteen bytes, the others in the high ones. */
const nibbles = (own: readonly number[]) =>
  Array.from({ length: 16 }, (_, at) => (own[at] ?? 0) | ((own[at + 16] ?? 0) << 4))

interface Block {
  readonly bytes: readonly number[]
  readonly weights: readonly number[]
}

const blocks: Record<BlockType, fc.Arbitrary<Block>> = {
  Q4_0: fc.tuple(half, codes(0, 15)).map(([scale, own]) => ({
    bytes: [...littleEndian(scale), ...nibbles(own)],
    weights: own.map((code) => scale.value * (code - 8)),
  })),
  Q4_1: fc.tuple(half, half, codes(0, 15)).map(([scale, least, own]) => ({
    bytes: [...littleEndian(scale), ...littleEndian(least), ...nibbles(own)],
    weights: own.map((code) => scale.value * code + least.value),
  })),
  Q8_0: fc.tuple(half, codes(-128, 127)).map(([scale, own]) => ({
    bytes: [...littleEndian(scale), ...own.map((code) => code & 255)],
    weights: own.map((code) => scale.value * code),
  })),
}

test.each(['Q4_0', 'Q4_1', 'Q8_0'] as const)('each weight of %s is its code times the scale, rounded once', (type) => {
  fc.assert(
    fc.property(fc.array(blocks[type], { minLength: 1, maxLength: 4 }), fc.nat(3), (all, shift) => {
      const stored = Uint8Array.from([...new Array<number>(shift).fill(255), ...all.flatMap(({ bytes }) => bytes)])
      const decoded = dequantise(type, stored.subarray(shift))
      const expected = all.flatMap(({ weights }) => weights.map((weight) => Math.fround(weight) + 0))
      expect([...decoded].map((weight) => weight + 0)).toEqual(expected.map((weight) => weight))
    }),
  )
})

test('a block by hand', () => {
  // Scale 0.5, least −2; codes 0 to 15, then 15 to 0.
  const bytes = Uint8Array.from([
    0x00,
    0x38,
    0x00,
    0xc0,
    ...Array.from({ length: 16 }, (_, at) => at | ((15 - at) << 4)),
  ])
  const rising = Array.from({ length: 16 }, (_, at) => at / 2 - 2)
  expect([...dequantise('Q4_1', bytes)]).toEqual([...rising, ...rising.toReversed()])
})

test.each(['Q4_0', 'Q4_1', 'Q8_0'] as const)('a scale of %s that is no number is refused', (type) => {
  const bytes = new Uint8Array(2 * BLOCK_FORMATS[type].bytes)
  bytes[BLOCK_FORMATS[type].bytes + 1] = 0x7c
  expect(() => dequantise(type, bytes)).toThrow('a scale that is no number')
})
