import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createGraph, type GraphBuilder } from '../create.ts'
import type { Value } from '../ir.ts'
import { floats, runGraph } from '../testing/run.ts'

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x))

/** Its Taylor series, which converges for the values below. */
function erf(x: number): number {
  let [term, sum] = [x, x]
  for (let n = 1; n < 80; n += 1) {
    term *= -(x * x) / n
    sum += term / (2 * n + 1)
  }
  return (2 / Math.sqrt(Math.PI)) * sum
}

const unary: [keyof GraphBuilder & string, (g: GraphBuilder, x: Value) => Value, (x: number) => number][] = [
  ['neg', (g, x) => g.neg(x), (x) => -x],
  ['abs', (g, x) => g.abs(x), Math.abs],
  ['sqrt', (g, x) => g.sqrt(g.abs(x)), (x) => Math.sqrt(Math.abs(x))],
  ['exp', (g, x) => g.exp(x), Math.exp],
  ['log', (g, x) => g.log(g.exp(x)), (x) => x],
  ['tanh', (g, x) => g.tanh(x), Math.tanh],
  ['sigmoid', (g, x) => g.sigmoid(x), sigmoid],
  ['relu', (g, x) => g.relu(x), (x) => Math.max(0, x)],
  ['silu', (g, x) => g.silu(x), (x) => x * sigmoid(x)],
  ['erf', (g, x) => g.erf(x), erf],
]

test.each(unary)('%s is what arithmetic says, element by element', async (_, build, expected) => {
  const values = [-3, -1.5, -0.25, 0, 0.5, 2]
  const [result] = await runGraph([floats([2, 3], values, ['rows', 3])], build)
  expect(result?.shape).toEqual(['rows', 3])
  for (const [index, value] of values.entries()) expect(result?.data[index]).toBeCloseTo(expected(value), 5)
})

const binary: [string, (g: GraphBuilder, x: Value, y: Value) => Value, (x: number, y: number) => number][] = [
  ['add', (g, x, y) => g.add(x, y), (x, y) => x + y],
  ['sub', (g, x, y) => g.sub(x, y), (x, y) => x - y],
  ['mul', (g, x, y) => g.mul(x, y), (x, y) => x * y],
  ['div', (g, x, y) => g.div(x, y), (x, y) => x / y],
  ['pow', (g, x, y) => g.pow(g.abs(x), y), (x, y) => Math.abs(x) ** y],
  ['min', (g, x, y) => g.min(x, y), Math.min],
  ['max', (g, x, y) => g.max(x, y), Math.max],
  ['less', (g, x, y) => g.cast(g.less(x, y), 'float32'), (x, y) => Number(x < y)],
  ['greater', (g, x, y) => g.cast(g.greater(x, y), 'float32'), (x, y) => Number(x > y)],
  ['equal', (g, x, y) => g.cast(g.equal(x, y), 'float32'), (x, y) => Number(x === y)],
  ['where', (g, x, y) => g.where(g.less(x, y), x, g.neg(y)), (x, y) => (x < y ? x : -y)],
]

test.each(binary)('%s broadcasts a row over a column', async (_, build, expected) => {
  const [column, row] = [
    [-2, 0.5, 1.5],
    [1.5, -3],
  ]
  const [result] = await runGraph([floats([3, 1], column, ['rows', 1]), floats([2], row)], build)
  expect(result?.shape).toEqual(['rows', 2])
  const table = column.flatMap((x) => row.map((y) => expected(x, y)))
  for (const [index, value] of table.entries()) expect(result?.data[index]).toBeCloseTo(value, 5)
})

test('addition equals arithmetic for any sizes that broadcast', async () => {
  const sizes = fc.array(fc.record({ size: fc.integer({ min: 1, max: 3 }), left: fc.boolean(), right: fc.boolean() }), {
    minLength: 1,
    maxLength: 3,
  })
  await fc.assert(
    fc.asyncProperty(sizes, async (axes) => {
      const dims = (side: 'left' | 'right') => axes.map((axis) => (axis[side] ? axis.size : 1))
      const count = (shape: number[]) => shape.reduce((total, size) => total * size, 1)
      const [a, b] = [dims('left'), dims('right')]
      const ones = (shape: number[]) => floats(shape, new Array(count(shape)).fill(1))
      const [result] = await runGraph([ones(a), ones(b)], (g, x, y) => g.add(x, y))
      expect(result?.dims).toEqual(result?.shape)
      expect(result?.data.every((value) => value === 2)).toBe(true)
    }),
    { numRuns: 20 },
  )
})

test('operands that do not fit are refused with operator, scope and shapes', () => {
  const graph = createGraph('refusals')
  const x = graph.input('x', 'float32', ['batch', 3])
  const y = graph.input('y', 'float32', ['batch', 4])
  const indices = graph.input('indices', 'int64', ['batch', 3])
  expect(() => graph.scope('layer.1', () => graph.add(x, y))).toThrow(
    'Add in layer.1: [batch, 3] and [batch, 4] do not broadcast: 3 against 4',
  )
  expect(() => graph.mul(x, indices)).toThrow('Mul: operands are float32 and int64')
  expect(() => graph.where(x, x, x)).toThrow('Where: condition is float32, not bool')
})
