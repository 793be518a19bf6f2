import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { kernels } from './index.ts'

const off = process.env.FORETOKEN_NATIVE === 'off'
const toolchain = spawnSync('cargo', ['--version']).status === 0

it.runIf(toolchain && !off)('were built where there is a toolchain', () => {
  expect(kernels).toBeDefined()
})

describe.runIf(kernels)('a draft kernel', () => {
  const shape = {
    ...{ hiddenSize: 4, stateSize: 3, vocabularySize: 5, markovRank: 2, pointerRank: 2 },
    ...{ adapterRank: 2, adapterHotSize: 2, adapterMarkovRank: 1 },
  }
  const zeros = (sizes: Record<string, number>) =>
    Object.fromEntries(Object.entries(sizes).map(([name, size]) => [name, new Float32Array(size)]))
  const draftSizes = {
    ...{ state_in: 12, residual: 16, pointer_hidden: 8, state_gates: 18, query: 12, pointer_query: 6 },
    ...{ token_gates: 24, gate_bias: 6, head: 20, inputs: 20, head_bias: 5, markov_rows: 12, markov_up: 10 },
    ...{ pointer_bias: 1, confidence_state: 3, confidence_top: 1, confidence_bias: 1 },
  }
  const adapterSizes = {
    ...{ 'state_in.a': 8, 'state_in.b': 6, 'residual.a': 8, 'residual.b': 8, 'token_gates.a': 8, 'token_gates.b': 12 },
    ...{ 'state_gates.a': 6, 'state_gates.b': 12, 'query.a': 6, 'query.b': 8, 'head.a': 6, 'head.b': 14 },
    ...{ 'pointer_hidden.a': 8, 'pointer_hidden.b': 4, 'pointer_query.a': 6, 'pointer_query.b': 4, pointer_bias: 1 },
    ...{ head_bias: 7, 'markov.a': 8, 'markov.b': 7, hot_head: 4, hot_inputs: 4 },
  }
  const ids = Int32Array.of(0, 2, 4, 6, 8)
  const make = (tensors: Record<string, Float32Array>, sizes = shape) => {
    if (!kernels) throw new Error('there are no kernels')
    return new kernels.DraftKernel(sizes, false, tensors, ids, 2)
  }
  const kernel = kernels && make(zeros(draftSizes))
  const adapter = kernel?.adapter(zeros(adapterSizes), Int32Array.of(...ids, 1))

  it('refuses parameters that are missing or of another size, and says which', () => {
    for (const [name, size] of Object.entries(draftSizes)) {
      const { [name]: _, ...missing } = zeros(draftSizes)
      expect(() => make(missing)).toThrow(`${name} is missing`)
      expect(() => make(zeros({ ...draftSizes, [name]: size + 1 }))).toThrow(`${name} has ${size + 1} numbers`)
    }
    for (const [name, size] of Object.entries(adapterSizes)) {
      const wrong = zeros({ ...adapterSizes, [name]: size + 1 })
      expect(() => kernel?.adapter(wrong, Int32Array.of(...ids, 1))).toThrow(`${name} has ${size + 1} numbers`)
    }
    expect(() => kernel?.adapter(zeros(adapterSizes), ids.subarray(1))).toThrow('hot-list')
    for (const name of Object.keys(shape)) {
      for (const size of [0, 2 ** 31]) expect(() => make(zeros(draftSizes), { ...shape, [name]: size })).toThrow()
    }
  })

  it('survives any arguments: it drafts within its vocabulary or refuses', () => {
    const wild = fc.oneof(fc.double(), fc.constantFrom(0, 1, Number.NaN, Number.POSITIVE_INFINITY, -1e38))
    const about = <T>(one: fc.Arbitrary<T>, length: number) =>
      fc.oneof(
        { weight: 9, arbitrary: fc.array(one, { minLength: length, maxLength: length }) },
        { weight: 1, arbitrary: fc.array(one, { minLength: length + 1, maxLength: length + 1 }) },
      )
    const floats = (length: number) => about(wild, length)
    const places = (length: number) => about(fc.integer(), length)
    const start = fc.record({
      hidden: floats(4),
      input: floats(4),
      last: fc.nat(2 ** 32 - 1),
      keys: floats(6),
      context: places(3),
      adapted: fc.boolean(),
      noise: fc.option(
        fc.record({
          seed: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
          choice: fc.nat(),
          position: fc.nat(2 ** 32 - 1),
          temperature: wild,
        }),
        { nil: undefined },
      ),
      ends: places(0),
    })
    const call = fc.record({
      starts: fc.array(start, { maxLength: 4 }),
      survivalMin: wild,
      lookahead: fc.nat(5),
      lacking: fc.constantFrom(0, 0, 0, 1),
    })
    let drafted = 0
    fc.assert(
      fc.property(call, ({ starts, survivalMin, lookahead, lacking }) => {
        const room = starts.length * lookahead
        const tokens = new Int32Array(room).fill(-7)
        const confidences = new Float32Array(Math.max(0, room - lacking))
        const kernelStarts = starts.map(({ adapted, noise, ...given }) => ({
          hidden: Float32Array.from(given.hidden),
          input: Float32Array.from(given.input),
          last: given.last,
          keys: Float32Array.from(given.keys),
          context: Int32Array.from(given.context),
          ...(adapted && adapter && { adapter }),
          ...(noise && { noise }),
          ends: Int32Array.from(given.ends),
        }))
        const run = () => kernel?.chains(kernelStarts, survivalMin, tokens, confidences) ?? []
        const sound = starts.every(({ hidden, input, keys, context }) => {
          return hidden.length === 4 && input.length === 4 && keys.length === 2 * context.length
        })
        if (!sound || room === 0 || confidences.length !== room) {
          expect(run).toThrow()
          return
        }
        const lengths = run()
        expect(lengths).toHaveLength(starts.length)
        for (const [at, length] of lengths.entries()) {
          drafted += length
          expect(length).toBeLessThanOrEqual(lookahead)
          for (const token of tokens.subarray(at * lookahead, at * lookahead + length)) {
            expect(token).toBeGreaterThanOrEqual(0)
            expect(token).toBeLessThan(starts[at]?.adapted ? 6 : 5)
          }
        }
        for (const chance of confidences) expect(chance >= 0 && chance <= 1).toBe(true)
      }),
      { numRuns: 2_000 },
    )
    expect(drafted).toBeGreaterThan(100)
  })
})
