import { expect, test } from 'vitest'
import { createGraph } from './create.ts'
import { GraphError } from './error.ts'
import { serialise } from './wire/serialise.ts'

test('scopes nest into readable, unique names', () => {
  const graph = createGraph('names')
  const x = graph.input('x', 'float32', ['batch', 4])
  graph.scope('layer.0', () => {
    graph.scope('attention', () => graph.tanh(graph.tanh(x)))
    graph.constant('scale', 'float32', [4], new Float32Array(4))
  })
  graph.output('y', graph.tanh(x))
  const { nodes, initialisers } = graph.finish()
  expect(nodes.map(({ name }) => name)).toEqual(['layer.0/attention/Tanh', 'layer.0/attention/Tanh.1', 'Tanh', 'y'])
  expect(initialisers.map(({ value }) => value.name)).toEqual(['layer.0/scale'])
})

test('a scope ends also when its contents throw', () => {
  const graph = createGraph('names')
  expect(() => graph.scope('broken', () => graph.input('x', 'float32', [1]) && graph.finish())).toThrow(GraphError)
  graph.output('y', graph.tanh(graph.input('z', 'float32', [1])))
  expect(graph.finish().nodes[0]?.name).toBe('Tanh')
})

test('equal scalars and integer vectors exist once', () => {
  const graph = createGraph('shared')
  const x = graph.input('x', 'float32', [2, 3])
  graph.output('y', graph.add(graph.reduceSum(x, [1]), graph.mul(graph.reduceMax(x, [1]), graph.scalar(2))))
  expect(graph.scalar(2)).toBe(graph.scalar(2))
  expect(graph.finish().initialisers).toHaveLength(2)
})

test('a graph is plain data in execution order', () => {
  const graph = createGraph('data')
  const x = graph.input('x', 'float32', ['batch', 4])
  graph.output('y', graph.softmax(graph.neg(x)))
  const { inputs, nodes, outputs } = graph.finish()
  const known = new Set(inputs.map(({ name }) => name))
  for (const node of nodes) {
    for (const input of node.inputs) expect(known.has(input?.name ?? '')).toBe(true)
    for (const output of node.outputs) known.add(output.name)
  }
  expect(outputs).toEqual([{ name: 'y', dtype: 'float32', shape: ['batch', 4] }])
  expect(structuredClone(nodes)).toEqual(nodes)
})

test.each<[string, () => unknown]>([
  ['finish: the graph has no outputs', () => createGraph('empty').finish()],
  [
    'x: the name is already taken',
    () => {
      const graph = createGraph('twice')
      graph.input('x', 'float32', [1])
      graph.input('x', 'float32', [1])
    },
  ],
  [
    'constant w in layer.3: float32 [2, 2] needs 16 bytes, got 12',
    () => {
      const graph = createGraph('short')
      graph.scope('layer.3', () => graph.constant('w', 'float32', [2, 2], new Float32Array(3)))
    },
  ],
  ['Tanh: x belongs to another graph', () => createGraph('a').tanh(createGraph('b').input('x', 'float32', [1]))],
  [
    '[batch] has no fixed number of elements',
    () => createGraph('open').constant('w', 'float32', ['batch'], new Float32Array(1)),
  ],
])('refused: %s', (message, build) => {
  expect(build).toThrow(new GraphError(message))
})

test('more weights than one file can hold are refused before any are copied', () => {
  const graph = createGraph('large')
  const table = graph.constant('table', 'uint8', [2 ** 31], new Uint8Array(2 ** 31))
  graph.output('y', graph.cast(table, 'float32'))
  const message = 'large: 2.00 GiB of weights exceed the 2 GiB that one ONNX file can hold'
  expect(() => serialise(graph.finish())).toThrow(new GraphError(message))
})
