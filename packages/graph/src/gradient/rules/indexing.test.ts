import fc from 'fast-check'
import { expect, test } from 'vitest'
import { gradientError, irregular } from '../../testing/difference.ts'
import { integers } from '../../testing/run.ts'

test('gather: each row gets the sum over its uses, for any axis and any shape of indices', async () => {
  const indices = fc.array(fc.integer({ min: -3, max: 2 }), { minLength: 1, maxLength: 6 })
  const layouts = fc.constantFrom(
    (count: number) => [count],
    (count: number) => [count, 1],
    (count: number) => [1, count],
  )
  await fc.assert(
    fc.asyncProperty(indices, fc.nat(2), layouts, async (picked, axis, layout) => {
      const dims = [2, 2, 2].with(axis, 3)
      const table = irregular(dims, 0.3, { shape: ['first', ...dims.slice(1)] })
      const places = integers(layout(picked.length), picked)
      const shape = ['batch', 'length'].slice(0, places.dims.length)
      expect(await gradientError([table, { ...places, shape }], (g, x, at) => g.gather(x, at, axis))).toBeLessThan(1e-6)
    }),
    { numRuns: 20 },
  )
})

test('gather of one row, by an index without axes', async () => {
  expect(await gradientError([irregular([3, 2], 1), integers([], [1])], (g, x, at) => g.gather(x, at))).toBeLessThan(
    1e-6,
  )
})

test('gatherElements: each element gets the sum over its uses', async () => {
  const feeds = [
    irregular([2, 3], 0.3, { shape: ['rows', 3] }),
    { ...integers([2, 4], [0, 0, 2, -1, 1, 1, 1, 0]), shape: ['rows', 4] },
  ]
  expect(await gradientError(feeds, (g, x, at) => g.gatherElements(x, at))).toBeLessThan(1e-6)
})

test('scatterAdd: the base keeps its gradient, each update gets that of its place', async () => {
  const feeds = [irregular([3, 2], 0.3), irregular([4, 2], 0.9), integers([4, 2], [0, 2, 0, 1, 2, 2, 0, -1])]
  expect(await gradientError(feeds, (g, x, updates, at) => g.scatterAdd(x, at, updates, 0))).toBeLessThan(1e-6)
})
