import fc from 'fast-check'
import { plainSampling, type SamplingParameters } from '../request.ts'

/** Plain sampling at temperature 1. */
export const PLAIN: SamplingParameters = plainSampling(1, 42n)

/** Uniform numbers in (0, 1) from a linear congruential generator: independent of the code under test. */
export function uniforms(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return (state + 0.5) / 2 ** 32
  }
}

/** Normal logits [size] of this deviation. With `step` they are rounded to its multiples, so that many tie. */
export function normalLogits(size: number, deviation: number, seed: number, step = 0): Float32Array {
  const uniform = uniforms(seed)
  return Float32Array.from({ length: size }, () => {
    const normal = deviation * Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform())
    return step > 0 ? Math.round(normal / step) * step : normal
  })
}

/** Rows from flat to peaked, with and without ties and forbidden tokens; V from 2 to 5000, mostly small. */
export const rows = fc
  .record({
    size: fc.oneof({ weight: 4, arbitrary: fc.integer({ min: 2, max: 40 }) }, fc.integer({ min: 2, max: 5000 })),
    deviation: fc.constantFrom(0, 0.5, 2, 4, 15),
    step: fc.constantFrom(0, 0, 1),
    seed: fc.nat(),
    forbidden: fc.constantFrom(0, 0, 0.3, 0.9),
  })
  .map(({ size, deviation, step, seed, forbidden }) => {
    const uniform = uniforms(seed + 1)
    const row = normalLogits(size, deviation, seed, step)
    return row.map((logit, id) => (id !== seed % size && uniform() < forbidden ? -Infinity : logit))
  })

/** Masks for a row of this size that leave at least one of its possible tokens. */
export function maskOf(row: Float32Array, density: number, seed: number): Uint32Array {
  const uniform = uniforms(seed + 7)
  const mask = new Uint32Array(Math.ceil(row.length / 32))
  const possible = [...row.keys()].filter((id) => (row[id] ?? 0) > -Infinity)
  const kept = possible[Math.floor(uniform() * possible.length)] ?? 0
  for (let id = 0; id < row.length; id++) {
    if (id === kept || uniform() < density) mask[id >> 5] = (mask[id >> 5] ?? 0) | (1 << (id & 31))
  }
  return mask
}

export const densities = fc.constantFrom(0, 0.001, 0.05, 0.5, 1)

export const temperatures = fc.constantFrom(0, 0.1, 0.7, 1, 1, 2, 100)

export const filterParameters = fc.record({
  topK: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 6000 })),
  topP: fc.oneof(fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0.1, 0.5, 0.9)),
  minP: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0.05, 1)),
})

export const penaltyParameters = fc.record({
  presencePenalty: fc.constantFrom(0, 0, 0.6, -2),
  frequencyPenalty: fc.constantFrom(0, 0, 0.3, -1),
  repetitionPenalty: fc.constantFrom(1, 1, 1.2, 0.5),
  logitBias: fc
    .array(fc.tuple(fc.nat(60), fc.constantFrom(-100, -1.5, 1, 100)), { maxLength: 5 })
    .map((entries) => new Map(entries)),
})

export const seeds = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
