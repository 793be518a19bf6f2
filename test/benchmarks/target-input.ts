import type { Target, TargetInput } from '@foretoken/model'

/** Cached rows of a run like most. */
export const PAST = 256

/** A run of one sequence with so many new rows on top of `past` cached ones, all of which want logits. */
export function inputOf({ shape }: Target, rows: number, past = PAST, capacity = roomFor(past + rows)): TargetInput {
  const layer = () => new Float32Array(shape.keyValueHeads * capacity * shape.headDim).fill(0.01)
  return {
    batch: 1,
    length: rows,
    capacity,
    tokens: Int32Array.from({ length: rows }, (_, row) => (row * 97) % shape.vocabularySize),
    positions: Int32Array.from({ length: rows }, (_, row) => past + row),
    pastLengths: Int32Array.of(past),
    keys: Array.from({ length: shape.layers }, layer),
    values: Array.from({ length: shape.layers }, layer),
    logitRows: Int32Array.from({ length: rows }, (_, row) => row),
  }
}

/** In the buckets that an engine reserves. */
function roomFor(rows: number): number {
  return Math.ceil(rows / 64) * 64
}
