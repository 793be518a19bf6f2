import fc from 'fast-check'
import type { TargetInput } from '../target.ts'
import { batchCaches, type Sequence } from './sequence.ts'

export interface RandomRun {
  readonly length: number
  readonly sequences: readonly {
    readonly past: number
    /** Per row that counts, its token, how far behind the past it is, and which earlier rows it sees. */
    readonly rows: readonly { readonly token: number; readonly offset: number; readonly sees: number }[]
  }[]
  readonly tree: boolean
}

/** Ragged batches, half of them with a random tree of tokens in each sequence. */
export function randomRun(vocabularySize: number, pastMax: number): fc.Arbitrary<RandomRun> {
  const row = fc.record({
    token: fc.nat(vocabularySize - 1),
    offset: fc.nat(6),
    sees: fc.nat(2 ** lengthMax - 1),
  })
  const sequence = fc.record({
    past: fc.nat(pastMax),
    rows: fc.array(row, { minLength: 1, maxLength: lengthMax }),
  })
  const sequences = fc.array(sequence, { minLength: 1, maxLength: 4 })
  return fc.record({ sequences, tree: fc.boolean() }).map(({ sequences, tree }) => {
    return { length: Math.max(...sequences.map(({ rows }) => rows.length)), sequences, tree }
  })
}

/** Long enough for a second tile of rows. */
const lengthMax = 9

/** The run on top of as many caches, with logits of each row that counts. */
export function inputOf({ length, sequences, tree }: RandomRun, caches: readonly Sequence[]): TargetInput {
  const grid = (pick: (row: RandomRun['sequences'][number]['rows'][number], past: number) => number) =>
    Int32Array.from(
      sequences.flatMap(({ rows, past }) =>
        Array.from({ length }, (_, at) => {
          const row = rows[at]
          return row ? pick(row, past) : 0
        }),
      ),
    )
  return {
    batch: sequences.length,
    length,
    capacity: caches[0]?.capacity ?? 0,
    tokens: grid(({ token }) => token),
    positions: grid(({ offset }, past) => past + offset),
    pastLengths: Int32Array.from(sequences, ({ past }) => past),
    ...(tree && { newMask: treeMask(length, sequences) }),
    ...batchCaches(caches.slice(0, sequences.length)),
    logitRows: Int32Array.from(sequences.flatMap(({ rows }, sequence) => rows.map((_, at) => sequence * length + at))),
  }
}

/** [B, S, S]: each row sees itself, and some of those before it. */
function treeMask(length: number, sequences: RandomRun['sequences']): Float32Array {
  const mask = new Float32Array(sequences.length * length * length).fill(-1e9)
  for (const [sequence, { rows }] of sequences.entries()) {
    for (let at = 0; at < length; at += 1) {
      const start = (sequence * length + at) * length
      const sees = rows[at]?.sees ?? 0
      for (let other = 0; other < at; other += 1) if ((sees >> other) & 1) mask[start + other] = 0
      mask[start + at] = 0
    }
  }
  return mask
}
