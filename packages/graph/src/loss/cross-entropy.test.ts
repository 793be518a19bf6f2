import { expect, test } from 'vitest'
import { createGraph } from '../create.ts'
import { doubles, gradientError, irregular } from '../testing/difference.ts'
import { floats, integers, runGraph } from '../testing/run.ts'
import { crossEntropy, weightedMean } from './cross-entropy.ts'

const logits = [
  [1, -2, 0.5],
  [0, 3, -1],
]
const logShares = logits.map((row) => {
  const total = Math.log(row.reduce((sum, value) => sum + Math.exp(value), 0))
  return row.map((value) => value - total)
})
const rows = floats([2, 3], logits.flat(), ['rows', 3])

test('dense, sparse and single targets agree with the definition', async () => {
  const dense = floats([2, 3], [0.5, 0, 0.2, 0, 1, 0], ['rows', 3])
  const sparse = floats([2, 2], [0.2, 0.5, 0.75, 0.25], ['rows', 2])
  const places = { ...integers([2, 2], [2, 0, 1, 1]), shape: ['rows', 2] }
  const single = { ...integers([2], [0, 1]), shape: ['rows'] }
  const results = await runGraph([rows, dense, sparse, places, single], (g, x, all, some, at, one) => [
    crossEntropy(g, x, { shares: all }),
    crossEntropy(g, x, { shares: some, indices: at }),
    crossEntropy(g, x, { indices: one }),
  ])
  const log = (row: number, column: number) => logShares[row]?.[column] ?? Number.NaN
  const expected = [
    [-0.5 * log(0, 0) - 0.2 * log(0, 2), -log(1, 1)],
    [-0.5 * log(0, 0) - 0.2 * log(0, 2), -log(1, 1)],
    [-log(0, 0), -log(1, 1)],
  ]
  for (const [at, values] of expected.entries()) {
    expect(results[at]?.shape).toEqual(['rows'])
    for (const [row, value] of values.entries()) expect(results[at]?.data[row]).toBeCloseTo(value, 5)
  }
})

test('gradients of logits, shares and weights are slopes', async () => {
  const shares = irregular([2, 4, 3], 0.7, { low: 0, high: 1, shape: ['batch', 4, 3] })
  const weights = irregular([2, 4], 0.2, { low: 0, high: 1, shape: ['batch', 4] })
  const x = irregular([2, 4, 5], 0.3, { shape: ['batch', 4, 5] })
  const picked = Array.from({ length: 24 }, (_, at) => (at * 7) % 5)
  const indices = { ...integers([2, 4, 3], picked), shape: ['batch', 4, 3] }
  const error = await gradientError([x, shares, weights, indices], (g, values, share, weight, at) =>
    weightedMean(g, crossEntropy(g, values, { shares: share, indices: at }), weight),
  )
  expect(error).toBeLessThan(1e-6)
})

test('weights choose the rows, and no weight at all is no loss', async () => {
  const values = doubles([3], [5, 7, 100], ['rows'])
  const [mean, none] = await runGraph(
    [values, doubles([3], [3, 1, 0], ['rows']), doubles([3], [0, 0, 0], ['rows'])],
    (g, x, some, zero) => [weightedMean(g, x, some), weightedMean(g, x, zero)],
  )
  expect(mean).toMatchObject({ data: [5.5], shape: [] })
  expect(none?.data).toEqual([0])
})

test('targets and weights that do not fit are refused', () => {
  const g = createGraph('refusals')
  const x = g.input('x', 'float32', ['rows', 3])
  const narrow = g.input('narrow', 'float32', ['rows', 2])
  expect(() => crossEntropy(g, x, { shares: narrow })).toThrow('crossEntropy: shares [rows, 2] do not fit [rows, 3]')
  expect(() => crossEntropy(g, x, { indices: narrow })).toThrow('GatherElements: indices are float32')
  expect(() => weightedMean(g, x, narrow)).toThrow('weightedMean: weights [rows, 2] do not fit [rows, 3]')
})
