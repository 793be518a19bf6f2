import { createGraph, type Graph } from '@foretoken/graph'
import type { PointerShape } from './shape.ts'
import { type Parameters, valuesOf } from './tensors.ts'

/** What each of the target's tokens adds to a key, [V', R] each: as the token itself, and as what stands before it. */
export interface PointerTables {
  readonly shape: PointerShape
  readonly self: Float32Array
  readonly before: Float32Array
  readonly second: Float32Array
}

/** Where the tables come from: tokens [V', d], as they enter the draft → self, before and second [V', R]. */
export function pointerTablesGraph(parameters: Parameters, { rank }: PointerShape, hiddenSize: number): Graph {
  const graph = createGraph('pointer-tables')
  const tokens = graph.input('tokens', 'float32', ['tokens', hiddenSize])
  for (const name of ['self', 'before', 'second']) {
    const matrix = graph.constant(name, 'float32', [hiddenSize, rank], valuesOf(parameters, `pointer_${name}`))
    graph.output(`tables/${name}`, graph.mul(graph.matMul(tokens, matrix), graph.scalar(rank ** -0.5)))
  }
  return graph.finish()
}

/**
 * The last tokens of a sequence, with the keys by which a draft points at them: appended to as the sequence grows, so
 * that a draft finds them ready. Bounded by the window.
 */
export class PointerContext {
  /** Twice the window: the oldest half is dropped when it is full. */
  private readonly rows: Float32Array
  private readonly ids: Int32Array
  private end = 0
  private last = -1
  private secondLast = -1

  constructor(
    private readonly tables: PointerTables,
    tokens: Iterable<number>,
  ) {
    const { rank, window } = tables.shape
    this.rows = new Float32Array(2 * window * rank)
    this.ids = new Int32Array(2 * window)
    for (const token of tokens) this.push(token)
  }

  push(token: number): void {
    const { rank, window } = this.tables.shape
    if (this.end === 2 * window) {
      this.rows.copyWithin(0, window * rank)
      this.ids.copyWithin(0, window)
      this.end = window
    }
    const row = this.rows.subarray(this.end * rank, (this.end + 1) * rank)
    row.set(this.tables.self.subarray(token * rank, (token + 1) * rank))
    add(row, this.tables.before, this.last)
    add(row, this.tables.second, this.secondLast)
    this.ids[this.end++] = token
    this.secondLast = this.last
    this.last = token
  }

  /** The last token; 0 of an empty sequence. */
  get token(): number {
    return Math.max(0, this.last)
  }

  get rank(): number {
    return this.tables.shape.rank
  }

  get size(): number {
    return Math.min(this.end, this.tables.shape.window)
  }

  /** [size] target ids, oldest first. Only valid until the next push. */
  tokens(): Int32Array {
    return this.ids.subarray(this.end - this.size, this.end)
  }

  /** [size, R]. Only valid until the next push. */
  keys(): Float32Array {
    const { rank } = this.tables.shape
    return this.rows.subarray((this.end - this.size) * rank, this.end * rank)
  }
}

/** row += the token's row of the table; nothing stands before the first token. */
function add(row: Float32Array, table: Float32Array, token: number): void {
  if (token < 0) return
  const from = token * row.length
  for (let at = 0; at < row.length; at++) row[at] = (row[at] ?? 0) + (table[from + at] ?? 0)
}
