import { expect, test } from 'vitest'
import { createGraph, type GraphBuilder } from '../create.ts'
import { GraphError } from '../error.ts'
import type { Value } from '../ir.ts'
import { gradientError, irregular } from '../testing/difference.ts'
import { floats, runGraph } from '../testing/run.ts'
import { grad } from './grad.ts'

const total = (g: GraphBuilder, x: Value) => g.reduceSum(x, [...x.shape.keys()], { keepDims: false })

test('the gradients of all uses of a value are summed', async () => {
  const [result] = await runGraph([floats([3], [1, -2, 0.5])], (g, x) => {
    const square = g.mul(x, x)
    return grad(g, total(g, g.add(g.mul(square, x), g.add(square, square))), [x])
  })
  expect(result?.data).toEqual([1, -2, 0.5].map((x) => 3 * x * x + 4 * x))
})

test('a constant and an intermediate value are parameters like any other', async () => {
  const results = await runGraph([floats([2], [3, 4])], (g, x) => {
    const weight = g.constant('weight', 'float32', [2], Float32Array.of(10, 20))
    const product = g.mul(x, weight)
    return grad(g, total(g, g.mul(product, product)), [weight, product])
  })
  expect(results.map(({ data }) => data)).toEqual([
    [2 * 30 * 3, 2 * 80 * 4],
    [60, 160],
  ])
})

test('the loss itself has the gradient 1', async () => {
  const [result] = await runGraph([floats([], [7])], (g, x) => grad(g, x, [x]))
  expect(result?.data).toEqual([1])
})

test('a gradient can be differentiated again', async () => {
  const error = await gradientError([irregular([2, 3], 1), irregular([3, 2], 2)], (g, x, y) =>
    grad(g, total(g, g.tanh(g.matMul(g.softmax(x), y))), [x, y]),
  )
  expect(error).toBeLessThan(1e-6)
})

test('stopGradient passes the value on and makes it a constant', async () => {
  const [gradient, value] = await runGraph([floats([2], [3, 4])], (g, x) => {
    const loss = total(g, g.mul(g.stopGradient(x), x))
    return [...grad(g, loss, [x]), loss]
  })
  expect(gradient?.data).toEqual([3, 4])
  expect(value?.data).toEqual([25])
})

test('a stopped value may be a parameter itself; nothing passes beyond it', async () => {
  const results = await runGraph([floats([2], [3, 4])], (g, x) => {
    const stopped = g.stopGradient(x)
    return grad(g, total(g, g.mul(stopped, x)), [x, stopped])
  })
  expect(results.map(({ data }) => data)).toEqual([
    [3, 4],
    [3, 4],
  ])
})

test('no node is added for what needs no gradient', () => {
  const graph = createGraph('lean')
  const x = graph.input('x', 'float32', ['rows', 4])
  const weight = graph.input('weight', 'float32', [4, 2])
  const frozen = graph.tanh(graph.mul(x, x))
  graph.exp(graph.mul(weight, weight))
  const loss = total(graph, graph.matMul(frozen, weight))
  const before = graph.soFar().nodes.length
  const [gradient] = grad(graph, loss, [weight])
  const added = graph.soFar().nodes.slice(before)
  expect(added.map(({ op }) => op)).toEqual(['Shape', 'Expand', 'FusedMatMul'])
  expect(added.at(-1)?.outputs).toEqual([gradient])
})

test('every added node has a reader or is a gradient', () => {
  const graph = createGraph('alive')
  const [x, y] = [graph.input('x', 'float32', ['rows', 4]), graph.input('y', 'float32', ['rows', 4])]
  const scale = graph.input('scale', 'float32', [4])
  const { normalised, sum } = graph.skipRmsNorm(x, y, scale, 1e-6)
  const joined = graph.where(graph.less(x, y), graph.silu(normalised), graph.logSoftmax(sum))
  const loss = total(graph, graph.mul(joined, graph.max(x, graph.reduceMax(y, [-1]))))
  const before = graph.soFar().nodes.length
  const gradients = new Set(grad(graph, loss, [x, scale]))
  const { nodes } = graph.soFar()
  const read = new Set(nodes.flatMap(({ inputs }) => inputs))
  const idle = nodes
    .slice(before)
    .filter(({ outputs }) => !outputs.some((value) => read.has(value) || gradients.has(value)))
  expect(idle.map(({ name }) => name)).toEqual([])
})

test('backward nodes are named after the node they differentiate', () => {
  const graph = createGraph('names')
  const x = graph.input('x', 'float32', [2])
  const loss = graph.scope('cell', () => total(graph, graph.exp(x)))
  const [gradient] = grad(graph, loss, [x])
  expect(gradient?.name).toBe('gradient/cell/Exp/Mul')
})

const blocks = (graph: GraphBuilder) => ({
  blocks: graph.constant('blocks', 'uint8', [2, 1, 32], new Uint8Array(64)),
  scales: graph.constant('scales', 'float32', [2], new Float32Array(2)),
  bits: 8 as const,
  blockSize: 32,
  accuracyLevel: 1 as const,
})

test.each<[string, (graph: GraphBuilder, x: Value) => unknown]>([
  [
    'MatMulNBits in gradient/layer.0/head/MatMulNBits: layer.0/head/MatMulNBits has no gradient',
    (g, x) => {
      const y = g.scope('layer.0', () => g.scope('head', () => g.matMulNBits(x, blocks(g))))
      grad(g, total(g, y), [x])
    },
  ],
  [
    'RotaryEmbedding in gradient/RotaryEmbedding: RotaryEmbedding has no gradient for its input 2, cosine',
    (g, x) => {
      const table = (name: string) => g.input(name, 'float32', [8, 2])
      const cosine = table('cosine')
      const positions = g.input('positions', 'int64', ['rows', 8])
      const y = g.rotaryEmbedding(g.reshape(x, ['rows', 1, 8, 4]), positions, cosine, table('sine'))
      grad(g, total(g, y), [cosine])
    },
  ],
  ['grad: loss Tanh is float32 [rows, 32], not one float []', (g, x) => grad(g, g.tanh(x), [x])],
  ['grad: loss ArgMax is int64 [], not one float []', (g, x) => grad(g, g.argMax(g.reshape(x, ['rows*32'])), [x])],
  [
    'grad: ReduceSum does not depend on parameter unused',
    (g, x) => grad(g, total(g, x), [x, g.input('unused', 'float32', [1])]),
  ],
  [
    'grad: ReduceSum does not depend on parameter x',
    (g, x) => grad(g, total(g, g.cast(g.argMax(g.stopGradient(x)), 'float32')), [x]),
  ],
])('refused: %s', (message, build) => {
  const graph = createGraph('refusals')
  expect(() => build(graph, graph.input('x', 'float32', ['rows', 32]))).toThrow(new GraphError(message))
})
