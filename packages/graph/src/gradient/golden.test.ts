import { InferenceSession } from '@foretoken/onnx-runtime'
import { expect, test } from 'vitest'
import { createGraph, type GraphBuilder } from '../create.ts'
import type { Value } from '../ir.ts'
import { distance, floatTensor, readGolden, type Table } from '../testing/golden.ts'
import { serialise } from '../wire/serialise.ts'
import { grad } from './grad.ts'

interface Golden {
  readonly parameters: Table
  readonly loss: number
  readonly gradients: Table
}

const [length, heads, size] = [4, 2, 3]
const width = heads * size

/** The block of make_golden.py: x [2, 4, 6] → one float. */
function attentionLoss(g: GraphBuilder, p: (name: string) => Value): Value {
  const parts = g.split(g.matMul(p('x'), p('project')), [width, width, width])
  const [q, k, v] = parts.map((part) => g.transpose(g.reshape(part, [2, length, heads, size]), [0, 2, 1, 3]))
  if (!q || !k || !v) return g.refuse('attention', 'has no parts')
  const causal = Array.from({ length: length * length }, (_, at) => Number(at % length <= Math.floor(at / length)))
  const mask = g.constant('mask', 'bool', [length, length], Uint8Array.from(causal))
  const scores = g.div(g.fusedMatMul(q, k, { transB: true }), p('temperature'))
  const shares = g.softmax(g.where(mask, scores, g.scalar(-1e9)))
  const attended = g.reshape(g.transpose(g.matMul(shares, v), [0, 2, 1, 3]), [2, length, width])
  const mixed = g.add(p('x'), attended)
  const hidden = g.matMul(g.silu(g.matMul(mixed, p('up'))), p('down'))
  const flat = { keepDims: false }
  const logSum = g.log(g.reduceSum(g.exp(g.sub(hidden, g.reduceMax(hidden, [-1]))), [-1], flat))
  const part = g.slice(hidden, 1, 3)
  const root = g.sqrt(g.add(g.reduceMean(g.mul(part, part), [-1], flat), g.scalar(0.5)))
  const first = g.squeeze(g.slice(g.max(mixed, hidden), 0, 1), [-1])
  return g.reduceMean(g.mul(g.add(logSum, root), g.abs(first)), [0, 1], flat)
}

test('the gradients of a masked attention block are those of PyTorch', async () => {
  const { parameters, loss, gradients } = readGolden<Golden>('attention')
  const g = createGraph('attention')
  const values = new Map(Object.entries(parameters).map(([name, { dims }]) => [name, g.input(name, 'float32', dims)]))
  const result = attentionLoss(g, (name) => values.get(name) ?? g.refuse('golden', `no parameter ${name}`))
  const names = [...values.keys()]
  for (const [at, gradient] of grad(g, result, [...values.values()]).entries())
    g.output(`gradient/${names[at]}`, gradient)
  g.output('loss', result)
  const session = await InferenceSession.create(serialise(g.finish()), { logSeverityLevel: 3, intraOpNumThreads: 1 })
  const feeds = Object.entries(parameters).map(([name, each]) => [name, floatTensor(each)] as const)
  const outputs = await session.run(Object.fromEntries(feeds))
  await session.release()
  expect(Number(outputs.loss?.data[0])).toBeCloseTo(loss, 5)
  for (const [name, expected] of Object.entries(gradients)) {
    expect(distance(outputs[`gradient/${name}`], expected)).toBeLessThan(1e-5)
  }
})
