import { InferenceSession, Tensor } from '@foretoken/onnx-runtime'
import { expect, test } from 'vitest'
import { createGraph, type GraphBuilder } from '../create.ts'
import { GraphError } from '../error.ts'
import type { Value } from '../ir.ts'
import { crossEntropy, weightedMean } from '../loss/cross-entropy.ts'
import { serialise } from '../wire/serialise.ts'
import { type TrainingStep, type TrainingStepOptions, trainingStep } from './training-step.ts'

type Tensors = Record<string, Tensor>
const tensor = (dims: readonly number[], data: readonly number[]) =>
  new Tensor('float32', Float32Array.from(data), dims)

const zeroTensor = (dims: readonly number[]) =>
  tensor(dims, new Array(dims.reduce((total, size) => total * size, 1)).fill(0))

/** Trains on one batch; gives the loss before each step, and the state after the last one. */
async function train({ graph, state }: TrainingStep, batch: Tensors, start: Tensors, steps: number, rate: number) {
  const session = await InferenceSession.create(serialise(graph), { logSeverityLevel: 3, intraOpNumThreads: 1 })
  const zeros = state.map(({ input, shape }) => [input, zeroTensor(shape.map(Number))] as const)
  let held: Tensors = { ...Object.fromEntries(zeros), ...start }
  const losses: number[] = []
  const norms: number[] = []
  for (let step = 1; step <= steps; step += 1) {
    const results = await session.run({ ...batch, ...held, step: tensor([], [step]), learningRate: tensor([], [rate]) })
    losses.push(Number(results.loss?.data[0]))
    norms.push(Number(results.gradientNorm?.data[0]))
    held = Object.fromEntries(state.flatMap(({ input, output }) => (results[output] ? [[input, results[output]]] : [])))
  }
  await session.release()
  return { losses, norms, held }
}

/** Exclusive or: x [4, 2] → logits [4, 2]. Without the hidden layer no weights get below ln 2. */
function exclusiveOr() {
  const g = createGraph('xor')
  const x = g.input('x', 'float32', ['rows', 2])
  const labels = g.input('labels', 'int64', ['rows'])
  const weights = g.input('weights', 'float32', ['rows'])
  const p = (name: string, ...dims: number[]) => g.input(`parameter/${name}`, 'float32', dims)
  const [inward, bias, outward] = [p('inward', 2, 8), p('bias', 8), p('outward', 8, 2)]
  const logits = g.matMul(g.tanh(g.add(g.matMul(x, inward), bias)), outward)
  const loss = weightedMean(g, crossEntropy(g, logits, { indices: labels }), weights)
  return trainingStep({ graph: g, loss, parameters: [inward, bias, outward].map((value) => ({ value })) })
}

test('training learns what no linear model can: exclusive or, far below ln 2', async () => {
  const spread = (count: number, seed: number) => Array.from({ length: count }, (_, at) => Math.sin(seed + at * 2.3))
  const batch = {
    x: tensor([4, 2], [0, 0, 0, 1, 1, 0, 1, 1]),
    labels: new Tensor('int64', BigInt64Array.of(0n, 1n, 1n, 0n), [4]),
    weights: tensor([4], [1, 1, 1, 1]),
  }
  const start = {
    'parameter/inward': tensor([2, 8], spread(16, 1)),
    'parameter/bias': tensor([8], spread(8, 2)),
    'parameter/outward': tensor([8, 2], spread(16, 3)),
  }
  const { losses } = await train(exclusiveOr(), batch, start, 150, 0.05)
  expect(losses[0]).toBeGreaterThan(0.5)
  expect(losses.at(-1)).toBeLessThan(0.05)
})

/** loss = Σ slope · parameter: the gradient is the slope, whatever the parameter. */
function sloped(options: Partial<TrainingStepOptions> & { decay?: 'zero' | 'anchor' | 'none' } = {}) {
  const g = createGraph('sloped')
  const value = g.input('parameter/w', 'float32', [2])
  const loss = g.reduceSum(g.mul(value, g.input('slope', 'float32', [2])), [0], { keepDims: false })
  const { decay = 'zero', ...rest } = options
  return trainingStep({ graph: g, loss, parameters: [{ value, decay }], weightDecay: 0, ...rest })
}

const flat = tensor([2], [0, 0])
const at = { 'parameter/w': tensor([2], [1, -2]) }
const after = (held: Tensors) => Array.from(held['parameter/w']?.data ?? [], Number)

test('inputs, outputs and state have readable names', () => {
  const { graph, state } = sloped({ decay: 'anchor', weightDecay: 0.1 })
  const names = (values: readonly Value[]) => values.map(({ name }) => name)
  expect(names(graph.inputs)).toEqual([
    'parameter/w',
    'slope',
    'step',
    'learningRate',
    'moment1/w',
    'moment2/w',
    'anchor/w',
  ])
  expect(names(graph.outputs)).toEqual(['loss', 'gradientNorm', 'next/parameter/w', 'next/moment1/w', 'next/moment2/w'])
  expect(state[1]).toEqual({ kind: 'moment1', name: 'w', shape: [2], input: 'moment1/w', output: 'next/moment1/w' })
})

test('the first step goes by the learning rate, whatever the size of the gradient', async () => {
  const { held, norms } = await train(sloped(), { slope: tensor([2], [300, -0.04]) }, at, 1, 0.1)
  expect(norms[0]).toBeCloseTo(300, 3)
  expect(after(held)[0]).toBeCloseTo(0.9, 5)
  expect(after(held)[1]).toBeCloseTo(-1.9, 4)
})

test('clipping scales all gradients by one factor, and only when they are too large', async () => {
  const moments = async (slope: number[], gradientNormMax: number) => {
    const { held } = await train(sloped({ gradientNormMax, beta1: 0 }), { slope: tensor([2], slope) }, at, 1, 0)
    return Array.from(held['moment1/w']?.data ?? [], Number)
  }
  const [x = 0, y = 0] = await moments([30, -40], 5)
  expect([x, y]).toEqual([expect.closeTo(3, 4), expect.closeTo(-4, 4)])
  expect(await moments([3, -4], 6)).toEqual([3, -4])
  expect(await moments([30, -40], Number.POSITIVE_INFINITY)).toEqual([30, -40])
})

test('without gradient, decay alone moves: to zero, to the anchor, or not at all', async () => {
  const decayed = async (decay: 'zero' | 'anchor' | 'none') => {
    const batch = { slope: flat, ...(decay === 'anchor' && { 'anchor/w': tensor([2], [3, -2]) }) }
    return after((await train(sloped({ decay, weightDecay: 0.5 }), batch, at, 1, 0.1)).held)
  }
  expect(await decayed('zero')).toEqual([expect.closeTo(0.95, 6), expect.closeTo(-1.9, 6)])
  expect(await decayed('anchor')).toEqual([expect.closeTo(1.1, 6), -2])
  expect(await decayed('none')).toEqual([1, -2])
})

test('a learning rate of 0 leaves the parameters as they are, and a run never changes its inputs', async () => {
  const slope = tensor([2], [1, 2])
  const { held } = await train(sloped({ weightDecay: 0.5 }), { slope }, at, 3, 0)
  expect(after(held)).toEqual([1, -2])
  expect(after(at)).toEqual([1, -2])
})

const loss = (g: GraphBuilder, x: Value) => g.reduceSum(x, [...x.shape.keys()], { keepDims: false })

test.each<[string, (graph: GraphBuilder, x: Value) => Omit<TrainingStepOptions, 'graph'>]>([
  ['trainingStep: there is no parameter to train', (g, x) => ({ loss: loss(g, x), parameters: [] })],
  [
    'trainingStep: Tanh is not an input named parameter/<name>',
    (g, x) => {
      const value = g.tanh(x)
      return { loss: loss(g, value), parameters: [{ value }] }
    },
  ],
  [
    'trainingStep: other is not an input named parameter/<name>',
    (g) => {
      const value = g.input('other', 'float32', [])
      return { loss: value, parameters: [{ value }] }
    },
  ],
  [
    'trainingStep: parameter/x is float32, the loss is float64',
    (g, value) => ({ loss: g.cast(loss(g, value), 'float64'), parameters: [{ value }] }),
  ],
  [
    'clipByGlobalNorm in clip: a norm of at most 0 leaves nothing',
    (g, value) => ({ loss: loss(g, value), parameters: [{ value }], gradientNormMax: 0 }),
  ],
  [
    'AdamW in adamw: beta2 1 is not in [0, 1)',
    (g, value) => ({ loss: loss(g, value), parameters: [{ value }], beta2: 1 }),
  ],
  [
    'AdamW in adamw: epsilon 0 is not above 0',
    (g, value) => ({ loss: loss(g, value), parameters: [{ value }], epsilon: 0 }),
  ],
  [
    'AdamW in adamw: weightDecay -1 is below 0',
    (g, value) => ({ loss: loss(g, value), parameters: [{ value }], weightDecay: -1 }),
  ],
  [
    'moment1/x: the name is already taken',
    (g, value) => ({ loss: loss(g, value), parameters: [{ value }, { value }] }),
  ],
])('refused: %s', (message, options) => {
  const graph = createGraph('refusals')
  const value = graph.input('parameter/x', 'float32', [2])
  expect(() => trainingStep({ graph, ...options(graph, value) })).toThrow(new GraphError(message))
})
