import { serialise } from '@foretoken/graph'
import { kernels } from '@foretoken/native'
import { InferenceSession } from '@foretoken/onnx-runtime'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openCheckpoint } from '../checkpoint/checkpoint.ts'
import { buildTargetGraph } from '../graph/target-graph.ts'
import type { Target } from '../target.ts'
import { goldenFolder, readGolden } from '../testing/folders.ts'
import { argmaxRows, distance, Sequence } from '../testing/sequence.ts'
import { OnnxTarget } from './onnx-target.ts'
import { openTarget } from './open-target.ts'
import { quantisedRowsMin } from './quantised-rows.ts'

/** Random weights quantise worse than trained ones: the bounds say "the right matrix in the right place". */
const precisions = [
  { weights: 'int8', agreementMin: 0.85, errorMax: 0.05 },
  { weights: 'int4', agreementMin: 0.4, errorMax: 0.5 },
] as const
const runtimes = kernels ? (['native', 'onnx'] as const) : (['onnx'] as const)
const cases = runtimes.flatMap((runtime) => precisions.map((precision) => ({ ...precision, runtime })))

/** Rounding activations to 8 bits magnifies last-bit differences: 0.3 % is usual, a wrong kernel gives several. */
const rowErrorMax = 0.015

describe.each(cases)('$weights weights, $runtime', ({ weights, runtime, agreementMin, errorMax }) => {
  let target: Target
  let tokens: number[]
  let exact: Float32Array
  let whole: Float32Array

  beforeAll(async () => {
    target = await openTarget(goldenFolder('qwen3'), { weights, runtime })
    tokens = (await readGolden('qwen3')).tokens
    whole = (await new Sequence(target, 64).extend(tokens)).logits
    const fp32 = await openTarget(goldenFolder('qwen3'))
    exact = (await new Sequence(fp32, 64).extend(tokens)).logits
    await fp32.close()
  })
  afterAll(() => target.close())

  test('stay close to fp32', () => {
    const { vocabularySize } = target.shape
    const expected = argmaxRows(exact, vocabularySize)
    const agreeing = argmaxRows(whole, vocabularySize).filter((token, row) => token === expected[row]).length
    expect(agreeing / tokens.length).toBeGreaterThanOrEqual(agreementMin)
    expect(error(whole, exact)).toBeLessThan(errorMax)
  })

  test.each([1, 2, 3, 5])('give %i rows at a time what many rows at once give', async (rows) => {
    const { vocabularySize } = target.shape
    const sequence = new Sequence(target, 64)
    await sequence.extend(tokens.slice(0, 30))
    const part = tokens.slice(30, 30 + rows)
    const expected = whole.subarray(30 * vocabularySize, (30 + rows) * vocabularySize)
    const { logits, delta } = await sequence.extend(part)
    expect(error(logits, expected)).toBeLessThan(runtime === 'native' ? Number.MIN_VALUE : rowErrorMax)
    expect(logits.length).toBe(expected.length)
    const { layers, keyValueHeads, headDim } = target.shape
    expect(delta.length).toBe(layers * 2 * keyValueHeads * rows * headDim)
  })
})

describe.runIf(kernels)('the kernel', () => {
  const models = ['qwen3', 'llama3', 'llama-linear'].flatMap((name) => precisions.map((each) => ({ name, ...each })))

  test.each(models)(
    'gives what the ONNX graph of the same $weights weights gives, $name',
    async ({ name, weights }) => {
      const { tokens } = await readGolden(name)
      const [native, onnx] = await Promise.all([
        openTarget(goldenFolder(name), { weights, runtime: 'native' }),
        openTarget(goldenFolder(name), { weights, runtime: 'onnx' }),
      ])
      const actual = await new Sequence(native, tokens.length).extend(tokens)
      const expected = await new Sequence(onnx, tokens.length).extend(tokens)
      for (const output of ['logits', 'hidden', 'delta'] as const) {
        expect(error(actual[output], expected[output])).toBeLessThan(rowErrorMax)
      }
      await Promise.all([native.close(), onnx.close()])
    },
  )

  test.each(['int8', 'int4'] as const)('refuses %s weights whose rows leave a broken block', async (weights) => {
    const checkpoint = await openCheckpoint(goldenFolder('qwen3'))
    const uneven = { ...checkpoint, config: { ...checkpoint.config, hiddenSize: 48 } }
    await expect(openTarget(uneven, { weights })).rejects.toMatchObject({ field: 'hidden_size' })
  })
})

test('a run is padded, and the padding hidden, where the processor needs more rows', async () => {
  const target = await openTarget(goldenFolder('llama3'))
  const { tokens } = await readGolden('llama3')
  const session = await InferenceSession.create(
    serialise(await buildTargetGraph(await openCheckpoint(goldenFolder('llama3')), { weights: 'fp32' })),
  )
  const padding = new OnnxTarget(session, target.shape, 4)
  const [plain, padded] = [new Sequence(target, 32), new Sequence(padding, 32)]
  for (const part of [tokens.slice(0, 7), tokens.slice(7, 8), tokens.slice(8, 11)]) {
    const [expected, actual] = [await plain.extend(part), await padded.extend(part)]
    expect(distance(actual.logits, expected.logits)).toBeLessThan(1e-4)
    expect(distance(actual.hidden, expected.hidden)).toBeLessThan(1e-4)
    expect(distance(actual.delta, expected.delta)).toBeLessThan(1e-4)
  }
  await Promise.all([target.close(), padding.close()])
})

test('the processor is asked how many rows a quantised run needs, fp32 never needs more than one', async () => {
  expect(await quantisedRowsMin('fp32', 64)).toBe(1)
  for (const weights of ['int8', 'int4'] as const) expect([1, 2, 3, 4]).toContain(await quantisedRowsMin(weights, 384))
})

/** Root mean square of the difference, of the expected values' own. */
function error(actual: Float32Array, expected: Float32Array): number {
  return rms(actual.map((value, index) => value - (expected[index] ?? Number.NaN))) / rms(expected)
}

function rms(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length)
}
