import { expect, test } from 'vitest'
import { createGraph } from '../create.ts'
import { floats, runGraph } from '../testing/run.ts'
import type { BlockQuantised } from './quantised.ts'

const [rows, columns, blockSize] = [3, 64, 32]
const scales = Float32Array.of(0.5, 0.25, 1, 2, 0.125, 0.5)

test.each([
  { bits: 8, accuracyLevel: 1 },
  { bits: 8, accuracyLevel: 4 },
  { bits: 4, accuracyLevel: 1 },
  { bits: 4, accuracyLevel: 4 },
] as const)('a product with $bits-bit weights at accuracy level $accuracyLevel', async ({ bits, accuracyLevel }) => {
  const codes = Uint8Array.from({ length: rows * columns }, (_, index) => (index * 7) % 2 ** bits)
  const packed = codes
    .filter((_, index) => index % 2 === 0)
    .map((low, index) => low | ((codes[2 * index + 1] ?? 0) << 4))
  const x = Array.from({ length: 2 * columns }, (_, index) => Math.cos(index))
  const [result] = await runGraph([floats([2, columns], x, ['rows', columns])], (g, value) =>
    g.matMulNBits(value, {
      blocks: g.constant('blocks', 'uint8', [rows, 2, (blockSize * bits) / 8], bits === 8 ? codes : packed),
      scales: g.constant('scales', 'float32', [rows * 2], scales),
      bits,
      blockSize,
      accuracyLevel,
    }),
  )
  expect(result?.shape).toEqual(['rows', rows])
  for (const [at, actual] of (result?.data ?? []).entries()) {
    const [row, output] = [Math.floor(at / rows), at % rows]
    let expected = 0
    for (let k = 0; k < columns; k += 1) {
      const index = output * columns + k
      const weight = ((codes[index] ?? 0) - 2 ** (bits - 1)) * (scales[Math.floor(index / blockSize)] ?? 0)
      expected += (x[row * columns + k] ?? 0) * weight
    }
    const step = accuracyLevel === 4 ? 2 ** (bits - 1) * 0.05 : 1e-3
    expect(Math.abs(actual - expected)).toBeLessThan(step)
  }
})

test('weights that are not blocks of the right size are refused', () => {
  const graph = createGraph('refusals')
  const x = graph.input('x', 'float32', ['rows', columns])
  const weight = (change: Partial<BlockQuantised>): BlockQuantised => ({
    blocks: graph.constant('blocks', 'uint8', [rows, 2, 32], new Uint8Array(192)),
    scales: graph.constant('scales', 'float32', [6], scales),
    bits: 8,
    blockSize,
    accuracyLevel: 4,
    ...change,
  })
  expect(() => graph.matMulNBits(x, weight({ bits: 4 }))).toThrow('blocks uint8 [3, 2, 32] are not 4-bit by 32')
  expect(() => graph.matMulNBits(x, weight({ scales: graph.scalar(1) }))).toThrow('scales [] do not fit blocks')
  const narrow = graph.input('narrow', 'float32', ['rows', 32])
  expect(() => graph.matMulNBits(narrow, weight({}))).toThrow('[rows, 32] does not end in the 64 columns')
})
