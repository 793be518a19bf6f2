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

describe.runIf(kernels)('a sampling kernel', () => {
  const V = 300
  const table = Float64Array.from({ length: 2_561 }, (_, index) => Math.exp(-index / 64))
  const make = (vocabulary: number, exponentials = table) => {
    if (!kernels) throw new Error('there are no kernels')
    return new kernels.SamplingKernel(vocabulary, exponentials)
  }
  const plain = { greedy: false, temperature: 1, lnMinP: -Infinity, topK: 0, topP: 1, seed: 1n, choice: 0 }
  const wild = fc.oneof(
    { weight: 9, arbitrary: fc.float({ noNaN: true, noDefaultInfinity: true }) },
    fc.constantFrom(Number.NaN, Infinity, -Infinity, 0, -0, 3.4e38, -3.4e38),
  )

  it('refuses a vocabulary or a table of another size, and filters that are no numbers', () => {
    for (const size of [0, 2 ** 24, 2 ** 32 - 1]) expect(() => make(size)).toThrow('vocabulary')
    for (const length of [0, 2_560, 2_562]) expect(() => make(V, new Float64Array(length))).toThrow('table')
    const kernel = make(V)
    for (const name of ['lnMinP', 'topK', 'topP']) {
      expect(() => kernel.sequence({ ...plain, [name]: Number.NaN })).toThrow('filter')
    }
    for (const temperature of [0, -1, Number.NaN]) {
      expect(() => kernel.sequence({ ...plain, temperature })).toThrow('temperature')
      expect(() => kernel.sequence({ ...plain, temperature, greedy: true })).not.toThrow()
    }
  })

  it('refuses rows that are not there, also of arrays that were given away, and things of another kind', () => {
    const kernel = make(V)
    const sequence = kernel.sequence(plain)
    const gone = new Float32Array(V)
    const goneScores = new Float64Array(V)
    structuredClone([gone, goneScores], { transfer: [gone.buffer, goneScores.buffer] })
    for (const row of [gone, new Float32Array(0), new Float32Array(V - 1)]) {
      expect(() => kernel.draw(row, 0, sequence, 0)).toThrow('out of range')
      expect(() => kernel.likeliest(row, 0, new Int32Array(1))).toThrow('out of range')
    }
    for (const scores of [goneScores, new Float64Array(0), new Float64Array(V - 1)]) {
      expect(() => kernel.drawPenalised(scores, sequence, 0)).toThrow('out of range')
    }
    for (const offset of [1, V, 2 ** 31, 2 ** 32 - 1, -1]) {
      expect(() => kernel.draw(new Float32Array(V), offset, sequence, 0)).toThrow('out of range')
      expect(() => kernel.likeliest(new Float32Array(V), offset, new Int32Array(1))).toThrow('out of range')
    }
    expect(() => kernel.likeliest(new Float32Array(V), 0, new Int32Array(0))).toThrow('no room')
    const anything = fc.anything().filter((value) => !(value instanceof Float32Array))
    fc.assert(
      fc.property(anything, (other) => {
        expect(() => Reflect.apply(kernel.draw, kernel, [other, 0, sequence, 0])).toThrow()
        expect(() => Reflect.apply(kernel.draw, kernel, [new Float32Array(V), 0, other, 0])).toThrow()
      }),
      { numRuns: 200 },
    )
  })

  it('survives any numbers: it draws a token that is possible, or leaves it', () => {
    const parameters = fc.record({
      greedy: fc.boolean(),
      temperature: fc.double({ min: 1e-5, noNaN: true }),
      lnMinP: fc.double({ max: 10, noNaN: true }),
      topK: fc.oneof(fc.nat(V + 5), fc.double({ noNaN: true })),
      topP: fc.double({ noNaN: true }),
      seed: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      choice: fc.nat(2 ** 32 - 1),
    })
    const size = fc.integer({ min: 1, max: V })
    let drawn = 0
    fc.assert(
      fc.property(
        parameters,
        size,
        fc.nat(2 ** 32 - 1),
        fc.infiniteStream(wild),
        (given, vocabulary, position, some) => {
          const kernel = make(vocabulary)
          const row = Float32Array.from({ length: vocabulary }, () => some.next().value ?? 0)
          const sequence = kernel.sequence(given)
          const tokens = [
            kernel.draw(row, 0, sequence, position),
            kernel.drawPenalised(Float64Array.from(row), sequence, position),
          ]
          expect(tokens[0]).toBe(tokens[1])
          for (const token of tokens) {
            expect(token).toBeGreaterThanOrEqual(-1)
            expect(token).toBeLessThan(vocabulary)
            if (token >= 0) expect(row[token]).toBeGreaterThan(-Infinity)
            if (token >= 0) drawn++
          }
          const ids = new Int32Array(7).fill(-9)
          if (kernel.likeliest(row, 0, ids) < 0) return
          for (const id of ids) expect(id >= -1 && id < vocabulary).toBe(true)
        },
      ),
      { numRuns: 3_000 },
    )
    expect(drawn).toBeGreaterThan(300)
  })
})

it.runIf(kernels)('rows are appended within the cache, or refused', () => {
  const size = fc.oneof(
    { weight: 9, arbitrary: fc.integer({ min: 0, max: 4 }) },
    fc.constantFrom(-1, 2 ** 31, 2 ** 32 - 1),
  )
  const place = fc.record({
    ...{ capacity: size, slot: size, row: size, batch: size, index: size, heads: size, headDim: size },
    ...{ sides: fc.integer({ min: 0, max: 3 }), short: fc.nat(1), length: fc.integer({ min: 0, max: 4 }) },
    path: fc.array(fc.oneof({ weight: 9, arbitrary: fc.nat(3) }, fc.integer()), { maxLength: 4 }),
  })
  let appended = 0
  fc.assert(
    fc.property(place, ({ capacity, slot, row, batch, index, heads, headDim, sides: count, short, length, path }) => {
      const small = (numbers: number) => new Float32Array(numbers >= 0 && numbers < 10_000 ? numbers : 0)
      const sides = Array.from({ length: count }, () => small((slot + 1) * heads * capacity * headDim - short))
      const delta = small(count * batch * heads * length * headDim).map((_, at) => at + 1)
      const rows = Int32Array.from(path)
      try {
        kernels?.appendRows(sides, capacity, slot, row, delta, batch, index, heads, headDim, rows)
      } catch {
        for (const side of sides) expect(side.every((each) => each === 0)).toBe(true)
        return
      }
      appended++
      const written = sides.reduce((sum, side) => sum + side.filter((each) => each !== 0).length, 0)
      expect(written).toBe(count * heads * headDim * path.length)
    }),
    { numRuns: 20_000 },
  )
  expect(appended).toBeGreaterThan(100)
})
