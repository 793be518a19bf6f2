import fc from 'fast-check'
import { expect, test } from 'vitest'
import { blockSize, quantise } from './quantise.ts'

const block = fc.float32Array({ minLength: blockSize, maxLength: blockSize, noNaN: true, min: -100, max: 100 })

/** What MatMulNBits makes of the codes. */
function dequantise(data: Float32Array, bits: 4 | 8): Float32Array {
  const { blocks, scales } = quantise({ rows: 1, columns: data.length, data }, bits)
  return data.map((_, index) => {
    const byte = blocks[(index * bits) >> 3] ?? 0
    const code = bits === 8 ? byte : index & 1 ? byte >> 4 : byte & 15
    return (code - 2 ** (bits - 1)) * (scales[Math.floor(index / blockSize)] ?? 0)
  })
}

test.each([4, 8] as const)('in %i bits no weight is off by more than one step, and the largest is exact', (bits) => {
  fc.assert(
    fc.property(block, (data) => {
      const restored = dequantise(data, bits)
      const largest = data.reduce((max, value) => Math.max(max, Math.abs(value)), 0)
      const step = largest / 2 ** (bits - 1)
      for (const [index, value] of data.entries()) {
        expect(Math.abs(value - (restored[index] ?? Number.NaN))).toBeLessThanOrEqual(step * 1.001)
      }
      const at = data.findIndex((value) => Math.abs(value) === largest)
      expect(restored[at]).toBeCloseTo(data[at] ?? 0, 3)
    }),
  )
})

test('a block of zeros stays zero', () => {
  expect(dequantise(new Float32Array(blockSize), 4).every((value) => value === 0)).toBe(true)
})
