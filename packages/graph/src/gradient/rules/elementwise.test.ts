import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { GraphBuilder } from '../../create.ts'
import type { Value } from '../../ir.ts'
import { fusedError, gradientError, irregular } from '../../testing/difference.ts'
import { floats, runGraph } from '../../testing/run.ts'
import { broadcastPair } from '../../testing/shapes.ts'
import { grad } from '../grad.ts'

type Unary = (g: GraphBuilder, x: Value) => Value
const half = (g: GraphBuilder, x: Value) => g.scalar(0.5, x.dtype)

const unary: [string, Unary][] = [
  ['neg', (g, x) => g.neg(x)],
  ['abs', (g, x) => g.abs(x)],
  ['sqrt', (g, x) => g.sqrt(g.add(g.mul(x, x), half(g, x)))],
  ['exp', (g, x) => g.exp(x)],
  ['log', (g, x) => g.log(g.add(g.mul(x, x), half(g, x)))],
  ['tanh', (g, x) => g.tanh(x)],
  ['sigmoid', (g, x) => g.sigmoid(x)],
  ['relu', (g, x) => g.relu(x)],
  ['Identity', (g, x) => g.output('published', x)],
]

test.each(unary)('%s: the gradient is the slope', async (_, build) => {
  expect(await gradientError([irregular([2, 3], 1, { shape: ['rows', 3] })], build)).toBeLessThan(1e-6)
})

const binary: [string, (g: GraphBuilder, x: Value, y: Value) => Value][] = [
  ['add', (g, x, y) => g.add(x, y)],
  ['sub', (g, x, y) => g.sub(x, y)],
  ['mul', (g, x, y) => g.mul(x, y)],
  ['div', (g, x, y) => g.div(x, g.add(g.mul(y, y), half(g, y)))],
  ['pow', (g, x, y) => g.pow(g.exp(g.tanh(x)), y)],
  ['min', (g, x, y) => g.min(x, y)],
  ['max', (g, x, y) => g.max(x, y)],
  ['where', (g, x, y) => g.where(g.less(x, half(g, x)), x, y)],
]

test.each(binary)('%s: gradients are slopes, summed where an operand was repeated', async (_, build) => {
  await fc.assert(
    fc.asyncProperty(broadcastPair, fc.nat(100), async ({ left, right }, seed) => {
      const feeds = [irregular(left.dims, seed + 0.1, left), irregular(right.dims, seed + 0.7, right)]
      expect(await gradientError(feeds, build)).toBeLessThan(1e-6)
    }),
    { numRuns: 12 },
  )
})

const silu: Unary = (g, x) => g.mul(x, g.sigmoid(x))

test('silu has the gradient of x · sigmoid(x)', async () => {
  const feeds = [irregular([3, 4], 2, { low: -4, high: 4 })]
  expect(await fusedError(feeds, (g, x) => g.silu(x), silu)).toBeLessThan(1e-5)
  expect(await gradientError(feeds, silu)).toBeLessThan(1e-6)
})

test('cast carries a gradient back into the precision that it came from', async () => {
  const feeds = [irregular([5], 3)]
  const through = await fusedError(
    feeds,
    (g, x) => g.cast(g.tanh(g.cast(x, 'float64')), 'float32'),
    (g, x) => g.tanh(x),
  )
  expect(through).toBeLessThan(1e-5)
})

test('erf has the gradient of the integral that it is', async () => {
  const values = [-1.5, 0, 0.25, 2]
  const [result] = await runGraph([floats([4], values)], (g, x) =>
    grad(g, g.reduceSum(g.erf(x), [0], { keepDims: false }), [x]),
  )
  const expected = values.map((x) => (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x))
  for (const [at, slope] of expected.entries()) expect(result?.data[at]).toBeCloseTo(slope, 5)
})
