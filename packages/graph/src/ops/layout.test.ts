import { expect, test } from 'vitest'
import { createGraph } from '../create.ts'
import { floats, integers, runGraph } from '../testing/run.ts'

const counting = (count: number) => Array.from({ length: count }, (_, index) => index)
const x = floats([2, 3, 4], counting(24), ['batch', 'length', 4])

test('reshape, transpose, squeeze and unsqueeze move no number to a wrong place', async () => {
  const results = await runGraph([x], (g, value) => [
    g.reshape(value, ['batch', 'length', 2, 2]),
    g.reshape(value, [-1, 4]),
    g.transpose(value, [0, 2, 1]),
    g.unsqueeze(value, [0, 2]),
    g.squeeze(g.unsqueeze(value, [1]), [1]),
  ])
  expect(results.map(({ shape }) => shape)).toEqual([
    ['batch', 'length', 2, 2],
    ['batch*length', 4],
    ['batch', 4, 'length'],
    [1, 'batch', 1, 'length', 4],
    ['batch', 'length', 4],
  ])
  expect(results.map(({ dims }) => dims)).toEqual([
    [2, 3, 2, 2],
    [6, 4],
    [2, 4, 3],
    [1, 2, 1, 3, 4],
    [2, 3, 4],
  ])
  expect(results[2]?.data.slice(0, 6)).toEqual([0, 4, 8, 1, 5, 9])
  for (const index of [0, 1, 3, 4]) expect(results[index]?.data).toEqual(counting(24))
})

test('concat and split undo each other, also with sizes that only the run knows', async () => {
  const y = floats([2, 1, 4], [90, 91, 92, 93, 94, 95, 96, 97], ['batch', 'capacity', 4])
  const sizes = integers([2], [3, 1])
  const results = await runGraph([x, y, sizes], (g, left, right, wanted) => {
    const joined = g.concat([left, right], 1)
    return [joined, ...g.splitBy(joined, wanted, ['length', 'capacity'], 1), ...g.split(left, [1, 3])]
  })
  expect(results.map(({ shape }) => shape)).toEqual([
    ['batch', '(capacity+length)', 4],
    ['batch', 'length', 4],
    ['batch', 'capacity', 4],
    ['batch', 'length', 1],
    ['batch', 'length', 3],
  ])
  expect(results[1]?.data).toEqual(counting(24))
  expect(results[2]?.data).toEqual([90, 91, 92, 93, 94, 95, 96, 97])
  expect(results[3]?.data).toEqual([0, 4, 8, 12, 16, 20])
})

test('expandLike repeats to the size of another value', async () => {
  const [result] = await runGraph([floats([1, 4], [1, 2, 3, 4]), x], (g, row, like) => g.expandLike(row, like))
  expect(result).toMatchObject({ dims: [2, 3, 4], shape: ['batch', 'length', 4] })
  expect(result?.data.slice(4, 8)).toEqual([1, 2, 3, 4])
})

test('pad puts zeros around one axis, and reshapeLike takes a shape that no constant can tell', async () => {
  const [padded, sizes, count, turned] = await runGraph(
    [x, floats([3, 2], counting(6), ['length', 'batch'])],
    (g, v, w) => [
      g.slice(g.pad(v, 1, 2, 2), 0, 7),
      g.shapeOf(v, 1, 3),
      g.sizeOf(v),
      g.reshapeLike(w, g.reduceSum(v, [2], { keepDims: false })),
    ],
  )
  expect(padded?.shape).toEqual(['batch', 'length', 7])
  expect(padded?.data.slice(0, 14)).toEqual([0, 0, 1, 2, 3, 0, 0, 0, 4, 5, 6, 7, 0, 0])
  expect(sizes?.data).toEqual([3, 4])
  expect(count?.data).toEqual([24])
  expect(turned).toMatchObject({ dims: [2, 3], data: counting(6), shape: ['batch', 'length'] })
})

test('what does not fit is refused with the shapes', () => {
  const graph = createGraph('refusals')
  const value = graph.input('x', 'float32', ['batch', 'length', 6])
  const flat = graph.reshape(value, [-1, 6])
  expect(() => graph.reshape(value, ['batch', 'length', 4, -1])).toThrow(
    'Reshape: [batch, length, 6] does not fit [batch, length, 4, -1]',
  )
  expect(() => graph.reshape(value, ['batch', 6])).toThrow('Reshape: [batch, length, 6] does not fit [batch, 6]')
  expect(() => graph.reshape(flat, ['batch', 'length', 6])).toThrow('leaves both batch and length to the run')
  expect(() => graph.transpose(value, [0, 1])).toThrow('[0, 1] does not order the axes of [batch, length, 6]')
  expect(() => graph.transpose(value, [0, 1, 1])).toThrow('does not order the axes')
  expect(() => graph.squeeze(value, [2])).toThrow('axis 2 of [batch, length, 6] is not 1')
  expect(() => graph.unsqueeze(value, [5])).toThrow('no place [5] in')
  expect(() => graph.split(value, [2, 3])).toThrow('2 + 3 is not the size of axis 2 of [batch, length, 6]')
  expect(() => graph.concat([value, flat], 0)).toThrow('[batch, length, 6] and [batch*length, 6] differ off axis 0')
  expect(() => graph.concat([], 0)).toThrow('Concat: nothing to join')
  expect(() => graph.splitBy(value, flat, ['length'], 1)).toThrow('sizes float32 [batch*length, 6] are not int64 [1]')
  expect(() => graph.pad(value, -1, 0)).toThrow('Pad: -1 and 0 are not counts')
  expect(() => graph.reshapeLike(value, graph.integers([1]))).toThrow('[batch, length, 6] does not fit [1]')
  expect(() => graph.scalar(1, 'bool')).toThrow('scalar: has no bool')
  expect(() => graph.expandLike(value, flat)).toThrow('Expand')
})
