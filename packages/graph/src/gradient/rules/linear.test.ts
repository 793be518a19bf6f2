import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { GraphBuilder } from '../../create.ts'
import type { Value } from '../../ir.ts'
import { fusedError, gradientError, irregular } from '../../testing/difference.ts'
import { broadcastPair } from '../../testing/shapes.ts'

const size = fc.integer({ min: 1, max: 3 })
const flags = fc.record({ transA: fc.boolean(), transB: fc.boolean() })

const turned = (g: GraphBuilder, x: Value, transposed: boolean) => {
  const axes = [...x.shape.keys()]
  return transposed ? g.transpose(x, [...axes.slice(0, -2), ...axes.slice(-2).reverse()]) : x
}

test('matMul: gradients are slopes, whatever leading axes repeat', async () => {
  await fc.assert(
    fc.asyncProperty(broadcastPair, size, size, size, async ({ left, right }, rows, inner, columns) => {
      const feeds = [
        irregular([...left.dims, rows, inner], 0.3, { shape: [...left.shape, 'rows', inner] }),
        irregular([...right.dims, inner, columns], 0.9, { shape: [...right.shape, inner, columns] }),
      ]
      expect(await gradientError(feeds, (g, a, b) => g.matMul(a, b))).toBeLessThan(1e-6)
    }),
    { numRuns: 20 },
  )
})

test('fusedMatMul has the gradients of transpose, product and factor', async () => {
  await fc.assert(
    fc.asyncProperty(broadcastPair, size, size, flags, async ({ left, right }, rows, columns, { transA, transB }) => {
      const a = transA ? [2, rows] : [rows, 2]
      const b = transB ? [columns, 2] : [2, columns]
      const feeds = [
        irregular([...left.dims, ...a], 0.2, { shape: [...left.shape, ...a] }),
        irregular([...right.dims, ...b], 0.8, { shape: [...right.shape, ...b] }),
      ]
      const fused = (g: GraphBuilder, x: Value, y: Value) => g.fusedMatMul(x, y, { transA, transB, alpha: 0.5 })
      const composed = (g: GraphBuilder, x: Value, y: Value) =>
        g.mul(g.matMul(turned(g, x, transA), turned(g, y, transB)), g.scalar(0.5, 'float64'))
      expect(await fusedError(feeds, fused, composed)).toBeLessThan(1e-4)
    }),
    { numRuns: 20 },
  )
})

test.each([false, true])('a matrix that serves every row gets one product (transposed: %s)', async (transB) => {
  const feeds = [irregular([2, 3, 4], 0.4, { shape: ['batch', 'length', 4] }), irregular(transB ? [5, 4] : [4, 5], 0.6)]
  const fused = (g: GraphBuilder, x: Value, y: Value) => g.fusedMatMul(x, y, { transB })
  const composed = (g: GraphBuilder, x: Value, y: Value) => g.matMul(x, turned(g, y, transB))
  expect(await fusedError(feeds, fused, composed)).toBeLessThan(1e-4)
  expect(await gradientError(feeds, composed)).toBeLessThan(1e-6)
})

test('gemm: gradients are slopes, the bias too', async () => {
  await fc.assert(
    fc.asyncProperty(size, size, flags, fc.constantFrom('row', 'column', 'none'), async (rows, columns, flip, bias) => {
      const feeds = [
        irregular(flip.transA ? [2, rows] : [rows, 2], 0.1),
        irregular(flip.transB ? [columns, 2] : [2, columns], 0.5),
        ...(bias === 'none' ? [] : [irregular(bias === 'row' ? [columns] : [rows, 1], 0.9)]),
      ]
      expect(await gradientError(feeds, (g, a, b, c) => g.gemm(a, b, c, flip))).toBeLessThan(1e-6)
    }),
    { numRuns: 20 },
  )
})
