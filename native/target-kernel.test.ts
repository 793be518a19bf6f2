import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { kernels } from './index.ts'

describe.runIf(kernels)('a target kernel', () => {
  const shape = {
    ...{ layers: 1, heads: 2, keyValueHeads: 1, headDim: 16, hiddenSize: 32, feedForwardSize: 32 },
    ...{ vocabularySize: 5, positionsMax: 8, normEpsilon: 1e-6 },
  }
  const vectors = {
    ...{ embedding: 160, final_norm: 32, cosine: 64, sine: 64 },
    ...{ 'layers.0.norm': 32, 'layers.0.feed_forward_norm': 32 },
  }
  const matrices = {
    ...{ 'layers.0.query_key_value': 2048, 'layers.0.output': 1024 },
    ...{ 'layers.0.gate_up': 2048, 'layers.0.down': 1024 },
  }
  const coded = { ...matrices, head: 160 }
  const scales = Object.fromEntries(Object.entries(coded).map(([name, size]) => [`${name}.scales`, size / 32]))
  type Sizes = Readonly<Record<string, number>>
  const floats = (sizes: Sizes) =>
    Object.fromEntries(
      Object.entries(sizes).map(([name, size]) => [name, Float32Array.from({ length: size }, (_, at) => Math.sin(at))]),
    )
  const bytes = (sizes: Sizes, bits: number) =>
    Object.fromEntries(
      Object.entries(sizes).map(([name, size]) => [name, new Uint8Array((size * bits) / 8).fill(0x5a)]),
    )
  const make = (bits: 32 | 8 | 4, tensors: Sizes, codes: Sizes = {}, sizes = shape) => {
    if (!kernels) throw new Error('there are no kernels')
    return new kernels.TargetKernel(sizes, bits, floats(tensors), bytes(codes, bits), 2)
  }

  it('refuses weights that are missing or of another size, and says which', () => {
    for (const [name, size] of Object.entries({ ...vectors, ...matrices })) {
      const all: Sizes = { ...vectors, ...matrices }
      const { [name]: _, ...missing } = all
      expect(() => make(32, missing)).toThrow(`${name} is missing`)
      expect(() => make(32, { ...all, [name]: size + 1 })).toThrow(`${name} has ${size + 1} numbers`)
    }
    for (const bits of [8, 4] as const) {
      for (const [name, size] of Object.entries(coded)) {
        const { [name]: _, ...missing } = coded as Sizes
        expect(() => make(bits, { ...vectors, ...scales }, missing)).toThrow(`${name} is missing`)
        const longer = { ...coded, [name]: size + 8 }
        expect(() => make(bits, { ...vectors, ...scales }, longer)).toThrow(
          `${name} has ${((size + 8) * bits) / 8} bytes`,
        )
        const scaled = { ...vectors, ...scales, [`${name}.scales`]: size / 32 + 1 }
        expect(() => make(bits, scaled, coded)).toThrow(`${name}.scales has ${size / 32 + 1} numbers`)
      }
      const uneven = { ...shape, headDim: 8 }
      const sizes = { ...vectors, ...scales, cosine: 32, sine: 32, 'layers.0.query_key_value.scales': 32 }
      expect(() => make(bits, sizes, { ...coded, 'layers.0.query_key_value': 1024 }, uneven)).toThrow('multiple of 32')
    }
  })

  it('survives any arguments: it fills the outputs or refuses', () => {
    const runnable = [make(32, { ...vectors, ...matrices }), make(8, { ...vectors, ...scales }, coded)]
    const wild = fc.oneof(fc.double(), fc.constantFrom(0, 1, Number.NaN, Number.POSITIVE_INFINITY, -1e38))
    const whole = (max: number) => fc.oneof({ weight: 60, arbitrary: fc.nat(max) }, fc.integer())
    const about = (length: number, max: number) =>
      fc.oneof(
        { weight: 9, arbitrary: fc.array(whole(max), { minLength: length, maxLength: length }) },
        fc.array(whole(max), { maxLength: length + 1 }),
      )
    const call = fc
      .tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 4 }), fc.nat(4))
      .chain(([batch, length, capacity]) =>
        fc.record({
          batch: fc.oneof({ weight: 9, arbitrary: fc.constant(batch) }, fc.nat(4)),
          capacity: fc.oneof({ weight: 9, arbitrary: fc.constant(capacity) }, fc.nat(2 ** 32 - 1)),
          tokens: about(batch * length, 4),
          positions: about(batch * length, 7),
          past: about(batch, capacity),
          lengths: fc.oneof(fc.constant([]), about(batch, length)),
          mask: fc.oneof(
            fc.constant([]),
            fc.array(wild, { minLength: batch * length * length, maxLength: batch * length * length }),
          ),
          cache: fc.oneof(
            {
              weight: 9,
              arbitrary: fc.array(wild, { minLength: batch * capacity * 16, maxLength: batch * capacity * 16 }),
            },
            fc.array(wild, { maxLength: batch * capacity * 16 + 1 }),
          ),
          logitRows: about(2, batch * length - 1),
          room: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, fc.integer({ min: -3, max: 3 })),
          kernel: fc.constantFrom(...runnable),
        }),
      )
    let ran = 0
    fc.assert(
      fc.property(call, (given) => {
        const rows = given.logitRows.length
        const outputs = [rows * 5, rows * 32 + given.room, given.tokens.length * 32]
        const [logits, hidden, delta] = outputs.map((size) => new Float32Array(Math.max(0, size)).fill(7))
        const cache = [Float32Array.from(given.cache)]
        const ints = [given.tokens, given.positions, given.past, given.lengths].map((each) => Int32Array.from(each))
        const [tokens, positions, past, lengths] = ints
        if (!logits || !hidden || !delta || !tokens || !positions || !past || !lengths) throw new Error('not so many')
        const mask = Float32Array.from(given.mask)
        const wanted = Int32Array.from(given.logitRows)
        const { kernel, batch, capacity } = given
        try {
          kernel.run(
            batch,
            capacity,
            tokens,
            positions,
            past,
            lengths,
            mask,
            cache,
            cache,
            wanted,
            logits,
            hidden,
            delta,
          )
        } catch (error) {
          expect(String(error)).toMatch(/out of range|outside|fit|no room|fill|padding|not a length/)
          return
        }
        ran += 1
        expect(hidden.length).toBe(rows * 32)
        expect(logits.some((value) => value === 7)).toBe(false)
      }),
      { numRuns: 1_000 },
    )
    expect(ran).toBeGreaterThan(50)
  })
})
