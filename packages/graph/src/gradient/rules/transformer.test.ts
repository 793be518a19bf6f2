import { expect, test } from 'vitest'
import type { GraphBuilder } from '../../create.ts'
import type { Value } from '../../ir.ts'
import { fusedError, gradientError, irregular } from '../../testing/difference.ts'
import { type Feed, integers } from '../../testing/run.ts'

const epsilon = 1e-3
const shape = ['batch', 3, 4]
const x = irregular([2, 3, 4], 0.3, { shape })

function rmsNorm(g: GraphBuilder, value: Value, scale: Value): Value {
  const number = (each: number) => g.scalar(each, value.dtype)
  const root = g.sqrt(g.add(g.reduceMean(g.mul(value, value), [-1]), number(epsilon)))
  return g.mul(g.div(value, root), scale)
}

const scales: [string, Feed][] = [
  ['one scale', irregular([4], 0.8)],
  ['a scale per head', irregular([1, 3, 4], 0.8)],
]

test.each(scales)('rmsNorm with %s has the gradients of its composition', async (_, scale) => {
  expect(await fusedError([x, scale], (g, a, b) => g.rmsNorm(a, b, epsilon), rmsNorm)).toBeLessThan(1e-4)
  expect(await gradientError([x, scale], rmsNorm)).toBeLessThan(1e-6)
})

test.each(['both', 'normalised', 'sum'] as const)(
  'skipRmsNorm has the gradients of its composition: %s',
  async (used) => {
    const skip = irregular([2, 3, 4], 0.6, { shape })
    const pick = (parts: { normalised: Value; sum: Value }, scale: Value) => {
      if (used === 'sum') return [parts.sum, scale]
      return used === 'both' ? [parts.normalised, parts.sum] : parts.normalised
    }
    const error = await fusedError(
      [x, skip, irregular([4], 0.8)],
      (g, a, b, scale) => pick(g.skipRmsNorm(a, b, scale, epsilon), scale),
      (g, a, b, scale) => {
        const sum = g.add(a, b)
        return pick({ sum, normalised: rmsNorm(g, sum, scale) }, scale)
      },
    )
    expect(error).toBeLessThan(1e-4)
  },
)

test('rotaryEmbedding turns the gradient back', async () => {
  const heads = irregular([1, 2, 3, 4], 0.4, { shape: ['batch', 2, 'length', 4] })
  const positions = { ...integers([1, 3], [2, 0, 1]), shape: ['batch', 'length'] }
  const angles = Float32Array.of(0, 0, 1, 0.1, 2, 0.2)
  const fused = (g: GraphBuilder, value: Value, at: Value) => {
    const table = (f: (angle: number) => number) => g.constant(f.name, 'float32', [3, 2], angles.map(f))
    return g.rotaryEmbedding(value, at, table(Math.cos), table(Math.sin))
  }
  const composed = (g: GraphBuilder, value: Value, at: Value) => {
    const table = (f: (angle: number) => number) =>
      g.unsqueeze(g.gather(g.constant(f.name, 'float64', [3, 2], Float64Array.from(angles, f)), at), [1])
    const [cosine, sine, a, b] = [table(Math.cos), table(Math.sin), g.slice(value, 0, 2), g.slice(value, 2, 4)]
    return g.concat([g.sub(g.mul(a, cosine), g.mul(b, sine)), g.add(g.mul(b, cosine), g.mul(a, sine))], -1)
  }
  expect(await fusedError([heads, positions], fused, composed)).toBeLessThan(1e-4)
})
