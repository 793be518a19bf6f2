import fc from 'fast-check'
import { expect, it } from 'vitest'
import { PointerContext, type PointerTables } from './context.ts'
import { randomFloats } from './testing/random-draft.ts'

const WORDS = 9

it('holds the last tokens of a sequence with their keys, however it grew', () => {
  const shapes = fc.record({ rank: fc.integer({ min: 1, max: 3 }), window: fc.integer({ min: 1, max: 5 }) })
  const sequences = fc.array(fc.nat(WORDS - 1), { maxLength: 23 })
  fc.assert(
    fc.property(shapes, sequences, fc.nat(23), (shape, sequence, cut) => {
      const table = (seed: number) => randomFloats(seed, WORDS * shape.rank)
      const tables: PointerTables = { shape, self: table(1), before: table(2), second: table(3) }
      const context = new PointerContext(tables, sequence.slice(0, cut))
      for (const token of sequence.slice(cut)) context.push(token)
      const row = (from: Float32Array, token: number | undefined) =>
        Array.from({ length: shape.rank }, (_, at) => (token === undefined ? 0 : (from[token * shape.rank + at] ?? 0)))
      const keys = sequence.map((token, at) => {
        const [self, before, second] = [
          row(tables.self, token),
          row(tables.before, sequence[at - 1]),
          row(tables.second, sequence[at - 2]),
        ]
        return self.map((value, i) => value + (before[i] ?? 0) + (second[i] ?? 0))
      })
      expect([...context.tokens()]).toEqual(sequence.slice(-shape.window))
      expect(context.size).toBe(Math.min(sequence.length, shape.window))
      expect(context.token).toBe(sequence.at(-1) ?? 0)
      const expected = keys.slice(-shape.window).flat()
      expect(context.keys()).toHaveLength(expected.length)
      for (const [at, value] of context.keys().entries()) expect(value).toBeCloseTo(expected[at] ?? Number.NaN, 5)
    }),
  )
})
