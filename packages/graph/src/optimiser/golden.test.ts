import { InferenceSession, Tensor } from '@foretoken/onnx-runtime'
import { expect, test } from 'vitest'
import { createGraph, type GraphBuilder } from '../create.ts'
import type { Value } from '../ir.ts'
import { crossEntropy, weightedMean } from '../loss/cross-entropy.ts'
import { distance, floatTensor, integerTensor, readGolden, type Table, zeros } from '../testing/golden.ts'
import { serialise } from '../wire/serialise.ts'
import type { AdamWOptions } from './adamw.ts'
import { trainingStep } from './training-step.ts'

interface Golden {
  readonly options: Required<AdamWOptions> & { readonly gradientNormMax: number }
  readonly undecayed: readonly string[]
  readonly anchors: Table
  readonly initial: Table
  readonly data: Table
  readonly steps: readonly { learningRate: number; loss: number; gradientNorm: number }[]
  readonly trained: Table
  readonly moment1: Table
  readonly moment2: Table
}

const golden = readGolden<Golden>('recurrent')
const [hidden, unroll, top] = [5, 3, 4]

type Parameters = (name: string) => Value

/** The cell of make_golden.py: tokens int64 [batch, 3], state [batch, 5] → the mean loss over the weighted rows. */
function recurrentLoss(g: GraphBuilder, p: Parameters): Value {
  const tokens = g.input('tokens', 'int64', ['batch', unroll])
  const indices = g.input('indices', 'int64', ['batch', unroll, top])
  const shares = g.input('shares', 'float32', ['batch', unroll, top])
  const weights = g.input('weights', 'float32', ['batch', unroll])
  let state = g.input('state', 'float32', ['batch', hidden])
  const logits = Array.from({ length: unroll }, (_, at) =>
    g.scope(`step.${at}`, () => {
      const token = g.squeeze(g.slice(tokens, at, at + 1), [1])
      state = cell(g, p, g.gather(p('embedding'), token), state)
      const head = g.fusedMatMul(g.rmsNorm(state, p('norm'), 1e-5), p('head'), { transB: true })
      return g.unsqueeze(g.add(head, g.matMul(g.gather(p('markov_down'), token), p('markov_up'))), [1])
    }),
  )
  return weightedMean(g, crossEntropy(g, g.concat(logits, 1), { shares, indices }), weights)
}

function cell(g: GraphBuilder, p: Parameters, embedded: Value, state: Value): Value {
  const gates = g.sigmoid(g.add(g.matMul(g.concat([embedded, state], -1), p('gates')), p('gate_bias')))
  const [update, reset] = [g.slice(gates, 0, hidden), g.slice(gates, hidden, 2 * hidden)]
  const joined = g.concat([embedded, g.mul(reset, state)], -1)
  const candidate = g.tanh(g.fusedMatMul(joined, p('candidate'), { transB: true }))
  return g.add(g.mul(g.sub(g.scalar(1), update), state), g.mul(update, candidate))
}

function build() {
  const g = createGraph('recurrent')
  const values = new Map(
    Object.entries(golden.initial).map(([name, { dims }]) => [name, g.input(`parameter/${name}`, 'float32', dims)]),
  )
  const loss = recurrentLoss(g, (name) => values.get(name) ?? g.refuse('golden', `no parameter ${name}`))
  const decay = (name: string) =>
    name in golden.anchors ? 'anchor' : golden.undecayed.includes(name) ? 'none' : 'zero'
  const parameters = [...values].map(([name, value]) => ({ value, decay: decay(name) }) as const)
  return trainingStep({ graph: g, loss, parameters, ...golden.options })
}

/** Absolute; the moments are means of gradients near 0.1 and of their squares. */
const tolerance = { parameter: 1e-5, moment1: 1e-6, moment2: 1e-8 }

test('five steps of an unrolled cell end where PyTorch ends', async () => {
  const { graph, state } = build()
  const session = await InferenceSession.create(serialise(graph), { logSeverityLevel: 3, intraOpNumThreads: 1 })
  const { data, steps, anchors, initial } = golden
  const fixed: Record<string, Tensor> = Object.fromEntries([
    ...Object.entries(data).map(([name, each]) =>
      name === 'tokens' || name === 'indices' ? [name, integerTensor(each)] : [name, floatTensor(each)],
    ),
    ...Object.entries(anchors).map(([name, each]) => [`anchor/${name}`, floatTensor(each)]),
  ])
  const start = (name: string) => initial[name] ?? { dims: [], data: [] }
  let trained: Record<string, Tensor> = Object.fromEntries(
    state.map(({ kind, name, input }) => [input, (kind === 'parameter' ? floatTensor : zeros)(start(name))]),
  )
  for (const [at, { learningRate, loss, gradientNorm }] of steps.entries()) {
    const scalars = { step: scalar(at + 1), learningRate: scalar(learningRate) }
    const results = await session.run({ ...fixed, ...trained, ...scalars })
    expect(Number(results.loss?.data[0])).toBeCloseTo(loss, 5)
    expect(Number(results.gradientNorm?.data[0])).toBeCloseTo(gradientNorm, 5)
    trained = Object.fromEntries(
      state.flatMap(({ input, output }) => (results[output] ? [[input, results[output]]] : [])),
    )
  }
  await session.release()
  const expected = { parameter: golden.trained, moment1: golden.moment1, moment2: golden.moment2 }
  for (const { kind, name, input } of state) {
    expect(distance(trained[input], expected[kind][name] ?? start(''))).toBeLessThan(tolerance[kind])
  }
})

test('clipping was at work in some of the golden steps and not in others', () => {
  const clipped = golden.steps.filter(({ gradientNorm }) => gradientNorm > golden.options.gradientNormMax)
  expect([clipped.length, golden.steps.length]).toEqual([2, 5])
})

const scalar = (value: number) => new Tensor('float32', Float32Array.of(value), [])
