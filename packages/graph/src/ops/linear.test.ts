import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createGraph } from '../create.ts'
import { floats, runGraph } from '../testing/run.ts'

const size = fc.integer({ min: 1, max: 5 })
const random = (count: number, seed: number) =>
  Array.from({ length: count }, (_, index) => Math.sin(seed + index * 1.7) * 2)

/** Rows of a · columns of b, from row-major [rows, inner] and [inner, columns]. */
function multiply(a: number[], b: number[], rows: number, inner: number, columns: number): number[] {
  return Array.from({ length: rows * columns }, (_, at) => {
    const [row, column] = [Math.floor(at / columns), at % columns]
    let total = 0
    for (let k = 0; k < inner; k += 1) total += (a[row * inner + k] ?? 0) * (b[k * columns + column] ?? 0)
    return total
  })
}

const transposed = (a: number[], rows: number, columns: number) =>
  Array.from({ length: a.length }, (_, at) => a[(at % rows) * columns + Math.floor(at / rows)] ?? 0)

const close = (actual: number[] | undefined, expected: number[]) => {
  expect(actual).toHaveLength(expected.length)
  for (const [index, value] of expected.entries()) expect(actual?.[index]).toBeCloseTo(value, 4)
}

test('every product agrees with rows times columns, transposed or not', async () => {
  await fc.assert(
    fc.asyncProperty(size, size, size, async (rows, inner, columns) => {
      const [a, b] = [random(rows * inner, 1), random(inner * columns, 2)]
      const feeds = [
        floats([rows, inner], a, ['rows', inner]),
        floats([inner, columns], b),
        floats([columns, inner], transposed(b, inner, columns)),
        floats([inner, rows], transposed(a, rows, inner), [inner, 'rows']),
      ]
      const results = await runGraph(feeds, (g, x, y, yT, xT) => [
        g.matMul(x, y),
        g.fusedMatMul(x, yT, { transB: true }),
        g.gemm(x, yT, undefined, { transB: true }),
        g.fusedMatMul(xT, y, { transA: true, alpha: 2 }),
        g.gemm(xT, y, g.scalar(1), { transA: true }),
      ])
      const expected = multiply(a, b, rows, inner, columns)
      for (const result of results) expect(result.shape).toEqual(['rows', columns])
      for (const result of results.slice(0, 3)) close(result.data, expected)
      close(
        results[3]?.data,
        expected.map((value) => value * 2),
      )
      close(
        results[4]?.data,
        expected.map((value) => value + 1),
      )
    }),
    { numRuns: 15 },
  )
})

test('leading axes broadcast, and a matrix serves every batch', async () => {
  const a = random(2 * 3 * 2, 3)
  const b = random(2 * 4, 4)
  const feeds = [floats([2, 3, 2], a, ['batch', 'length', 2]), floats([2, 4], b)]
  const [result] = await runGraph(feeds, (g, x, y) => g.matMul(x, y))
  expect(result?.shape).toEqual(['batch', 'length', 4])
  close(result?.data, multiply(a, b, 6, 2, 4))
})

test('products that do not fit are refused with both shapes', () => {
  const graph = createGraph('refusals')
  const x = graph.input('x', 'float32', ['batch', 3])
  const y = graph.input('y', 'float32', [4, 5])
  const half = graph.input('half', 'float16', [3, 5])
  const stacked = graph.input('stacked', 'float32', [2, 3, 5])
  expect(() => graph.matMul(x, y)).toThrow('MatMul: inner sizes 3 and 4 differ: [batch, 3] × [4, 5]')
  expect(() => graph.fusedMatMul(x, y, { transB: true })).toThrow('FusedMatMul: inner sizes 3 and 5 differ')
  expect(() => graph.matMul(x, half)).toThrow('MatMul: operands are float32 and float16')
  expect(() => graph.matMul(x, graph.scalar(1))).toThrow('MatMul: needs matrices, got [batch, 3] × []')
  expect(() => graph.gemm(x, stacked)).toThrow('Gemm: needs two matrices')
  const square = graph.input('square', 'float32', [3, 3])
  expect(() => graph.gemm(square, square, stacked)).toThrow('Gemm: [3, 3] and [2, 3, 5] do not broadcast')
})
