import { expect, test } from 'vitest'
import { createGraph } from '../create.ts'
import { floats, integers, runGraph } from '../testing/run.ts'

const epsilon = 1e-5
const values = [1, -2, 3, 0.5, 4, 0, -1, 2]

function normalise(row: number[], scale: number[]): number[] {
  const mean = row.reduce((sum, value) => sum + value * value, 0) / row.length
  return row.map((value, index) => (value / Math.sqrt(mean + epsilon)) * (scale[index] ?? 0))
}

const close = (actual: number[] | undefined, expected: number[]) => {
  expect(actual).toHaveLength(expected.length)
  for (const [index, value] of expected.entries()) expect(actual?.[index]).toBeCloseTo(value, 4)
}

test('rmsNorm divides by the root mean square; a scale per head broadcasts', async () => {
  const scales = [1, 2, 3, 4, -1, 0.5, 1, 0]
  const x = floats([1, 1, 2, 4], values, ['batch', 'length', 2, 4])
  const [one, perHead] = await runGraph(
    [x, floats([4], scales.slice(0, 4)), floats([1, 1, 2, 4], scales)],
    (g, v, a, b) => [g.rmsNorm(v, a, epsilon), g.rmsNorm(v, b, epsilon)],
  )
  const [first, second] = [values.slice(0, 4), values.slice(4)]
  close(one?.data, [...normalise(first, scales), ...normalise(second, scales)])
  close(perHead?.data, [...normalise(first, scales), ...normalise(second, scales.slice(4))])
  expect(perHead?.shape).toEqual(['batch', 'length', 2, 4])
})

test('skipRmsNorm gives the sum and its norm', async () => {
  const x = floats([1, 2, 4], values, ['batch', 'length', 4])
  const skip = floats([1, 2, 4], [...values].reverse(), ['batch', 'length', 4])
  const scale = [1, 2, 0.5, -1]
  const [normalised, sum] = await runGraph([x, skip, floats([4], scale)], (g, a, b, s) => {
    const result = g.skipRmsNorm(a, b, s, epsilon)
    return [result.normalised, result.sum]
  })
  const total = values.map((value, index) => value + (values[7 - index] ?? 0))
  close(sum?.data, total)
  close(normalised?.data, [...normalise(total.slice(0, 4), scale), ...normalise(total.slice(4), scale)])
})

test('rotaryEmbedding turns the halves of each head by its position', async () => {
  const angles = [0, 1, 2].flatMap((position) => [position * 1, position * 0.1])
  const tables = [Math.cos, Math.sin].map((f) => floats([3, 2], angles.map(f)))
  const x = floats([1, 1, 2, 4], values, ['batch', 1, 'length', 4])
  const positions = { ...integers([1, 2], [2, 1]), shape: ['batch', 'length'] }
  const [result] = await runGraph([x, positions, ...tables], (g, v, at, cosine, sine) =>
    g.rotaryEmbedding(v, at, g.slice(cosine, 0, 2), g.slice(sine, 0, 2)),
  )
  const turn = ([a = 0, b = 0, c = 0, d = 0]: number[], position: number) => {
    const [s, t] = [position, position * 0.1]
    return [
      a * Math.cos(s) - c * Math.sin(s),
      b * Math.cos(t) - d * Math.sin(t),
      c * Math.cos(s) + a * Math.sin(s),
      d * Math.cos(t) + b * Math.sin(t),
    ]
  }
  close(result?.data, [...turn(values.slice(0, 4), 2), ...turn(values.slice(4), 1)])
})

test('scales, skips and tables that do not fit are refused', () => {
  const graph = createGraph('refusals')
  const x = graph.input('x', 'float32', ['batch', 2, 'length', 4])
  const positions = graph.input('positions', 'int64', ['batch', 'length'])
  const table = (name: string, width: number) => graph.input(name, 'float32', [8, width])
  const [fits, wide] = [table('fits', 2), table('wide', 3)]
  expect(() => graph.rmsNorm(x, graph.integers([1]), 1e-6)).toThrow('scale [1] does not fit [batch, 2, length, 4]')
  expect(() => graph.skipRmsNorm(x, fits, fits, 1e-6)).toThrow('[batch, 2, length, 4] and skip [8, 2] differ')
  expect(() => graph.skipRmsNorm(x, x, fits, 1e-6)).toThrow('scale [8, 2] does not fit')
  expect(() => graph.rotaryEmbedding(fits, positions, fits, fits)).toThrow('needs [batch, heads, length, size]')
  expect(() => graph.rotaryEmbedding(x, positions, wide, wide)).toThrow('tables [8, 3] and [8, 3] do not fit')
  expect(() => graph.rotaryEmbedding(x, fits, fits, fits)).toThrow('positions float32 [8, 2] do not fit')
})
