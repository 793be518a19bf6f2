import { expect, test } from 'vitest'
import { createGraph } from '../create.ts'
import { floats, integers, runGraph } from '../testing/run.ts'

const table = floats([3, 2], [0, 1, 10, 11, 20, 21])

test('gather picks rows or columns, gatherElements single elements', async () => {
  const [rows, columns, elements] = await runGraph(
    [table, integers([2, 2], [2, 0, 1, 1]), integers([3, 1], [1, 0, 1])],
    (g, x, picked, each) => [g.gather(x, picked), g.gather(x, g.integers([1]), 1), g.gatherElements(x, each, 1)],
  )
  expect(rows).toMatchObject({ dims: [2, 2, 2], data: [20, 21, 0, 1, 10, 11, 10, 11], shape: [2, 2, 2] })
  expect(columns).toMatchObject({ data: [1, 11, 21], shape: [3, 1] })
  expect(elements).toMatchObject({ data: [1, 10, 21], shape: [3, 1] })
})

test('scatterAdd sums what meets in one place, also for more updates than places', async () => {
  const rows = 2000
  const indices = Array.from({ length: rows * 2 }, (_, at) => (Math.floor(at / 2) % 2 === 0 ? 0 : -1))
  const ones = floats([rows, 2], new Array(rows * 2).fill(1), ['rows', 2])
  const places = { ...integers([rows, 2], indices), shape: ['rows', 2] }
  const [sums] = await runGraph([table, places, ones], (g, x, at, updates) => g.scatterAdd(x, at, updates, 0))
  expect(sums).toMatchObject({ data: [1000, 1001, 10, 11, 1020, 1021], shape: [3, 2] })
})

test('slice counts from either end and stops at the size', async () => {
  const x = floats([2, 4], [0, 1, 2, 3, 4, 5, 6, 7], ['rows', 4])
  const results = await runGraph([x], (g, value) => [
    g.slice(value, 1, 3),
    g.slice(value, -1, 99),
    g.slice(value, 0, -2, 1),
  ])
  expect(results.map(({ data }) => data)).toEqual([
    [1, 2, 5, 6],
    [3, 7],
    [0, 1, 4, 5],
  ])
  expect(results.map(({ shape }) => shape)).toEqual([
    ['rows', 2],
    ['rows', 1],
    ['rows', 2],
  ])
})

test('indices and bounds that cannot be meant are refused', () => {
  const graph = createGraph('refusals')
  const x = graph.input('x', 'float32', ['rows', 4])
  const each = graph.input('each', 'int64', [3, 1])
  expect(() => graph.gather(x, x)).toThrow('Gather: indices are float32')
  expect(() => graph.gatherElements(x, each, 1)).toThrow('[rows, 4] and [3, 1] differ off axis 1')
  expect(() => graph.scatterAdd(x, each, x, 1)).toThrow(
    'ScatterElements: indices [3, 1] and updates float32 [rows, 4] do not fit float32 [rows, 4] along axis 1',
  )
  expect(() => graph.slice(x, 2, 2)).toThrow('Slice: 2 to 2 of [rows, 4] is empty')
  expect(() => graph.slice(x, 0, 1, 0)).toThrow('Slice: axis 0 of [rows, 4] is symbolic')
})
