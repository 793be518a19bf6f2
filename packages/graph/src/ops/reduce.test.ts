import { expect, test } from 'vitest'
import { createGraph } from '../create.ts'
import { floats, runGraph } from '../testing/run.ts'

const x = floats([2, 3], [1, 5, 3, -2, 0, 4], ['rows', 3])

test('sums, means and maxima keep the axis unless told otherwise', async () => {
  const results = await runGraph([x], (g, value) => [
    g.reduceSum(value, [-1]),
    g.reduceMean(value, [1], { keepDims: false }),
    g.reduceMax(value, [0]),
    g.reduceSum(value, [0, 1], { keepDims: false }),
    g.reduceSumSquare(value, [1], { keepDims: false }),
  ])
  expect(results.map(({ data }) => data)).toEqual([[9, 2], [3, expect.closeTo(2 / 3, 5)], [1, 5, 4], [11], [35, 20]])
  expect(results.map(({ shape }) => shape)).toEqual([['rows', 1], ['rows'], [1, 3], [], ['rows']])
})

test('softmax and its logarithm normalise the last axis', async () => {
  const [shares, logarithms] = await runGraph([x], (g, value) => [g.softmax(value), g.logSoftmax(value)])
  const total = Math.exp(1) + Math.exp(5) + Math.exp(3)
  expect(shares?.data[1]).toBeCloseTo(Math.exp(5) / total, 5)
  expect(logarithms?.data[1]).toBeCloseTo(5 - Math.log(total), 5)
  expect(shares?.shape).toEqual(['rows', 3])
})

test('argMax and topK find the largest', async () => {
  const [best, values, indices] = await runGraph([x], (g, value) => [g.argMax(value), ...g.topK(value, 2)])
  expect(best).toMatchObject({ data: [1, 2], shape: ['rows'] })
  expect(values).toMatchObject({ data: [5, 3, 4, 0], shape: ['rows', 2] })
  expect(indices?.data).toEqual([1, 2, 2, 1])
})

test('axes that are not there are refused', () => {
  const graph = createGraph('refusals')
  const value = graph.input('x', 'float32', ['rows', 3])
  expect(() => graph.reduceSum(value, [2])).toThrow('ReduceSum: [rows, 3] has no axis 2')
  expect(() => graph.reduceSum(value, [])).toThrow('ReduceSum: names no axes')
  expect(() => graph.softmax(value, -3)).toThrow('Softmax: [rows, 3] has no axis -3')
  expect(() => graph.topK(value, 4)).toThrow('TopK: asks for 4 of 3')
})
