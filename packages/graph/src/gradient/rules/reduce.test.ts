import fc from 'fast-check'
import { expect, test } from 'vitest'
import { gradientError, irregular } from '../../testing/difference.ts'
import { floats, runGraph } from '../../testing/run.ts'
import { grad } from '../grad.ts'

const reductions = ['reduceSum', 'reduceSumSquare', 'reduceMean', 'reduceMax'] as const

test.each(reductions)('%s: gradients are slopes for any axes, kept or dropped, of known size or not', async (name) => {
  const axes = fc.subarray([0, 1, 2], { minLength: 1 })
  await fc.assert(
    fc.asyncProperty(axes, fc.boolean(), fc.boolean(), fc.nat(50), async (along, keepDims, symbolic, seed) => {
      const feed = irregular([2, 1, 3], seed + 0.3, { shape: symbolic ? ['batch', 1, 'width'] : [2, 1, 3] })
      expect(await gradientError([feed], (g, x) => g[name](x, along, { keepDims }))).toBeLessThan(1e-6)
    }),
    { numRuns: 15 },
  )
})

test('axes may count from the end', async () => {
  expect(
    await gradientError([irregular([2, 3], 1)], (g, x) => g.reduceMean(x, [-1], { keepDims: false })),
  ).toBeLessThan(1e-6)
})

test('elements that share the maximum share its gradient', async () => {
  const [gradient] = await runGraph([floats([4], [1, 3, 0, 3])], (g, x) =>
    grad(g, g.reduceMax(x, [0], { keepDims: false }), [x]),
  )
  expect(gradient?.data).toEqual([0, 0.5, 0, 0.5])
})

test.each(['softmax', 'logSoftmax'] as const)('%s: gradients are slopes along any axis', async (name) => {
  for (const axis of [-1, 0, 1]) {
    const feed = irregular([3, 1, 4], 1, { shape: ['rows', 1, 4] })
    expect(await gradientError([feed], (g, x) => g[name](x, axis))).toBeLessThan(1e-6)
  }
})

test('topK: the chosen elements get the gradients', async () => {
  const feed = irregular([2, 5], 1, { shape: ['rows', 5] })
  expect(await gradientError([feed], (g, x) => g.topK(x, 2)[0])).toBeLessThan(1e-6)
})
