import type { Target, TargetOutput, TargetShape } from '../target.ts'

/** The plainest cache that can feed a target: one sequence, its committed rows per layer, [H, C, D]. */
export class Sequence {
  readonly #target: Target
  readonly capacity: number
  readonly keys: readonly Float32Array[]
  readonly values: readonly Float32Array[]
  length = 0

  constructor(target: Target, capacity: number) {
    const { layers, keyValueHeads, headDim } = target.shape
    const empty = () => Array.from({ length: layers }, () => new Float32Array(keyValueHeads * capacity * headDim))
    this.#target = target
    this.capacity = capacity
    this.keys = empty()
    this.values = empty()
  }

  /** Runs the tokens on top of what is committed and commits them all. Logits and hidden for every token. */
  async extend(tokens: readonly number[]): Promise<TargetOutput> {
    const output = await this.#target.run({
      batch: 1,
      length: tokens.length,
      capacity: this.capacity,
      tokens: Int32Array.from(tokens),
      positions: Int32Array.from(tokens, (_, index) => this.length + index),
      pastLengths: Int32Array.of(this.length),
      keys: this.keys,
      values: this.values,
      logitRows: Int32Array.from(tokens.keys()),
    })
    this.commit(output.delta, tokens.length, 1, 0, tokens.length)
    return { logits: output.logits.slice(), hidden: output.hidden.slice(), delta: output.delta.slice() }
  }

  /** Appends the first `count` rows of one sequence of a delta [L, 2, B, H, S, D]. */
  commit(delta: Float32Array, length: number, batch: number, sequence: number, count: number): void {
    const { keyValueHeads, headDim } = this.#target.shape
    for (const [layer, keys] of this.keys.entries()) {
      for (const [kind, rows] of [keys, this.values[layer] ?? keys].entries()) {
        for (let head = 0; head < keyValueHeads; head += 1) {
          const block = (((layer * 2 + kind) * batch + sequence) * keyValueHeads + head) * length * headDim
          const at = (head * this.capacity + this.length) * headDim
          rows.set(delta.subarray(block, block + count * headDim), at)
        }
      }
    }
    this.length += count
  }
}

/** The rows of a delta [L, 2, B, H, S, D] that count, one block behind the other. */
export function committedRows(
  delta: Float32Array,
  { keyValueHeads, headDim }: TargetShape,
  length: number,
  lengths: Int32Array,
): number[] {
  const block = length * headDim
  return Array.from({ length: delta.length / block }, (_, index) => {
    const count = lengths[Math.floor(index / keyValueHeads) % lengths.length] ?? 0
    return [...delta.subarray(index * block, index * block + count * headDim)]
  }).flat()
}

/** Caches of several sequences of equal capacity, as one run wants them: per layer [B, H, C, D]. */
export function batchCaches(sequences: readonly Sequence[]) {
  const join = (pick: (sequence: Sequence) => readonly Float32Array[]) =>
    (sequences[0] ? pick(sequences[0]) : []).map((first, layer) => {
      const joined = new Float32Array(first.length * sequences.length)
      for (const [index, sequence] of sequences.entries()) joined.set(pick(sequence)[layer] ?? [], index * first.length)
      return joined
    })
  return { keys: join((sequence) => sequence.keys), values: join((sequence) => sequence.values) }
}

/** Largest absolute difference; infinite when lengths differ, so that a comparison with nothing cannot pass. */
export function distance(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length || a.length === 0) return Number.POSITIVE_INFINITY
  return a.reduce((largest, value, index) => Math.max(largest, Math.abs(value - (b[index] ?? Number.NaN))), 0)
}

/** Index of the largest logit of each row of [rows, V]. */
export function argmaxRows(logits: Float32Array, vocabulary: number): number[] {
  return Array.from({ length: logits.length / vocabulary }, (_, row) => {
    const values = logits.subarray(row * vocabulary, (row + 1) * vocabulary)
    return values.reduce((best, value, index) => (value > (values[best] ?? 0) ? index : best), 0)
  })
}
