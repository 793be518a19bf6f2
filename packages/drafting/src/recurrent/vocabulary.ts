import type { TokenTables } from '@foretoken/model'
import { NORM_EPSILON } from './definition.ts'
import { DraftError } from './tensors.ts'

/** Which of the target's tokens a draft can propose; its own ids are the places in this list. */
export class DraftVocabulary {
  /** places[target id]: draft id, or -1. */
  private readonly places: Int32Array

  /** Throws DraftError when an id is no token of the target or comes twice. */
  constructor(
    readonly ids: Int32Array,
    targetVocabularySize: number,
  ) {
    this.places = new Int32Array(targetVocabularySize).fill(-1)
    for (const [place, id] of ids.entries()) {
      if (!(id >= 0 && id < targetVocabularySize)) throw new DraftError(`token ${id} is not in the target's vocabulary`)
      if (this.places[id] !== -1) throw new DraftError(`token ${id} is listed twice`)
      this.places[id] = place
    }
  }

  get size(): number {
    return this.ids.length
  }

  /** What it takes in memory: of a large target that is as much as the rest of an adapter. */
  get bytes(): number {
    return this.ids.byteLength + this.places.byteLength
  }

  /** The draft's id of a target token; `other` when it has none. */
  placeOf(token: number, other: number): number {
    const place = this.places[token] ?? -1
    return place < 0 ? other : place
  }

  /** The same tokens and these after them, which must be new. */
  with(tokens: Int32Array): DraftVocabulary {
    const ids = new Int32Array(this.size + tokens.length)
    ids.set(this.ids)
    ids.set(tokens, this.size)
    return new DraftVocabulary(ids, this.places.length)
  }
}

/** Rows of a table [V, d], each divided by its root mean square where asked. */
export function rowsOf(table: Float32Array, ids: ArrayLike<number>, width: number, normalise: boolean): Float32Array {
  const rows = new Float32Array(ids.length * width)
  for (let row = 0; row < ids.length; row++) {
    const from = (ids[row] ?? 0) * width
    rows.set(table.subarray(from, from + width), row * width)
    if (normalise) normaliseRow(rows.subarray(row * width, (row + 1) * width))
  }
  return rows
}

/** [V, d]: all tokens as they enter the draft, each row with a root mean square of 1. */
export function tokenInputs({ embedding, vocabularySize, hiddenSize }: TokenTables): Float32Array {
  const all = Int32Array.from({ length: vocabularySize }, (_, id) => id)
  return rowsOf(embedding, all, hiddenSize, true)
}

function normaliseRow(row: Float32Array): void {
  let squares = 0
  for (const value of row) squares += value * value
  const factor = 1 / Math.sqrt(squares / row.length + NORM_EPSILON)
  for (let at = 0; at < row.length; at++) row[at] = (row[at] ?? 0) * factor
}
