import { kernels } from '@foretoken/native'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Target, TargetOutput } from '../target.ts'
import { goldenFolder, readGolden } from '../testing/folders.ts'
import { inputOf, randomRun } from '../testing/runs.ts'
import { batchCaches, committedRows, distance, Sequence } from '../testing/sequence.ts'
import { openTarget } from './open-target.ts'

/** float32 sums in another order, as between runs of different row counts; the kernel has one order for all. */
const toleranceOf = { native: 0, onnx: 1e-4 }

const runtimes = kernels ? (['native', 'onnx'] as const) : (['onnx'] as const)
const models = ['qwen3', 'llama3'] as const
/** ONNX Runtime's products of 8 and 4 bits are not so exact: see quantised.test.ts. */
const quantised = kernels ? (['int8', 'int4'] as const) : []
const cases = models.flatMap((name) => [
  ...runtimes.map((runtime) => ({ name, runtime, weights: 'fp32' as const })),
  ...quantised.map((weights) => ({ name, runtime: 'native' as const, weights })),
])

describe.each(cases)('a run of $name in $weights, $runtime', ({ name, runtime, weights }) => {
  let target: Target
  let tokens: number[]
  let whole: Float32Array

  beforeAll(async () => {
    target = await openTarget(goldenFolder(name), { runtime, weights })
    tokens = (await readGolden(name)).tokens.slice(0, 24)
    whole = (await new Sequence(target, 32).extend(tokens)).logits
  })
  afterAll(() => target.close())

  const rowsOf = (from: number, to: number) =>
    whole.subarray(from * target.shape.vocabularySize, to * target.shape.vocabularySize)

  test.each([1, 5, 8])('gives the same logits in chunks of %i as at once', async (chunk) => {
    const sequence = new Sequence(target, 32)
    for (let from = 0; from < tokens.length; from += chunk) {
      const part = tokens.slice(from, from + chunk)
      expect(distance((await sequence.extend(part)).logits, rowsOf(from, from + part.length))).toBeLessThanOrEqual(
        toleranceOf[runtime],
      )
    }
  })

  test('gives a sequence the same logits in a ragged batch as alone', async () => {
    const [long, short] = [new Sequence(target, 32), new Sequence(target, 32)]
    await long.extend(tokens.slice(0, 20))
    await short.extend(tokens.slice(0, 3))
    const { logits } = await target.run({
      batch: 2,
      length: 4,
      capacity: 32,
      tokens: Int32Array.from([...tokens.slice(20, 24), tokens[3] ?? 0, 0, 0, 0]),
      positions: Int32Array.from([20, 21, 22, 23, 3, 0, 0, 0]),
      pastLengths: Int32Array.from([20, 3]),
      ...batchCaches([long, short]),
      logitRows: Int32Array.from([0, 1, 2, 3, 4]),
    })
    const { vocabularySize } = target.shape
    expect(distance(logits.subarray(0, 4 * vocabularySize), rowsOf(20, 24))).toBeLessThanOrEqual(toleranceOf[runtime])
    expect(distance(logits.subarray(4 * vocabularySize), rowsOf(3, 4))).toBeLessThanOrEqual(toleranceOf[runtime])
  })

  test('gives each branch of a token tree the logits of that branch alone', async () => {
    const prefix = tokens.slice(0, 10)
    const [left, right] = [tokens.slice(10, 12), [...tokens.slice(14, 16)]]
    const sequence = new Sequence(target, 32)
    await sequence.extend(prefix)
    // Nodes: left 0 → 1, right 2 → 3; each sees itself and its parent.
    const closed = -1e9
    const mask = [
      [0, closed, closed, closed],
      [0, 0, closed, closed],
      [closed, closed, 0, closed],
      [closed, closed, 0, 0],
    ]
    const output = await target.run({
      batch: 1,
      length: 4,
      capacity: 32,
      tokens: Int32Array.from([...left, ...right]),
      positions: Int32Array.from([10, 11, 10, 11]),
      pastLengths: Int32Array.of(10),
      newMask: Float32Array.from(mask.flat()),
      keys: sequence.keys,
      values: sequence.values,
      logitRows: Int32Array.from([0, 1, 2, 3]),
    })
    const tree = { logits: output.logits.slice(), hidden: output.hidden.slice() }
    const alone = new Sequence(target, 32)
    await alone.extend(prefix)
    const expected = await alone.extend(right)
    const { vocabularySize, hiddenSize } = target.shape
    expect(distance(tree.logits.subarray(0, 2 * vocabularySize), rowsOf(10, 12))).toBeLessThanOrEqual(
      toleranceOf[runtime],
    )
    expect(distance(tree.logits.subarray(2 * vocabularySize), expected.logits)).toBeLessThanOrEqual(
      toleranceOf[runtime],
    )
    expect(distance(tree.hidden.subarray(2 * hiddenSize), expected.hidden)).toBeLessThanOrEqual(toleranceOf[runtime])
  })

  test('gives the rows that count the same bits, whether the run is told which they are or not', async () => {
    const caches = Array.from({ length: 4 }, () => new Sequence(target, 32))
    for (const [index, cache] of caches.entries()) await cache.extend(tokens.slice(index, index + 20))
    await fc.assert(
      fc.asyncProperty(randomRun(target.shape.vocabularySize, 20), async (run) => {
        const input = inputOf(run, caches)
        const lengths = Int32Array.from(run.sequences, ({ rows }) => rows.length)
        const rowsOf = ({ logits, hidden, delta }: TargetOutput) => ({
          logits: logits.slice(),
          hidden: hidden.slice(),
          delta: committedRows(delta, target.shape, run.length, lengths),
        })
        const padded = rowsOf(await target.run(input))
        expect(rowsOf(await target.run({ ...input, lengths }))).toEqual(padded)
      }),
      { numRuns: 40 },
    )
  })

  test('gives the same bits at any capacity that is a multiple of 32', async () => {
    const logits: Float32Array[] = []
    for (const capacity of [32, 64, 128]) {
      const sequence = new Sequence(target, capacity)
      await sequence.extend(tokens.slice(0, 20))
      logits.push((await sequence.extend(tokens.slice(20, 21))).logits)
      logits.push((await sequence.extend(tokens.slice(21, 24))).logits)
    }
    const [one, three, ...others] = logits
    expect(others).toEqual([one, three, one, three])
  })

  test('without logit rows gives the delta alone, and the first chunk needs no cache', async () => {
    const { layers, keyValueHeads, headDim } = target.shape
    const none = Array.from({ length: layers }, () => new Float32Array())
    const output = await target.run({
      batch: 1,
      length: 3,
      capacity: 0,
      tokens: Int32Array.from(tokens.slice(0, 3)),
      positions: Int32Array.of(0, 1, 2),
      pastLengths: Int32Array.of(0),
      keys: none,
      values: none,
      logitRows: new Int32Array(),
    })
    expect([output.logits.length, output.hidden.length]).toEqual([0, 0])
    expect(output.delta.length).toBe(layers * 2 * keyValueHeads * 3 * headDim)
  })

  test('never writes to the cache', async () => {
    const sequence = new Sequence(target, 32)
    await sequence.extend(tokens.slice(0, 4))
    const before = sequence.keys.map((keys) => keys.slice())
    await target.run({
      batch: 1,
      length: 1,
      capacity: 32,
      tokens: Int32Array.of(5),
      positions: Int32Array.of(4),
      pastLengths: Int32Array.of(4),
      keys: sequence.keys,
      values: sequence.values,
      logitRows: Int32Array.of(0),
    })
    expect(sequence.keys).toEqual(before)
  })
})
