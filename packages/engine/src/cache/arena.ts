import type { TargetShape } from '@foretoken/model'
import { type Kernels, kernels } from '@foretoken/native'

const ROWS_PER_BUCKET = 64
const EMPTY = new Float32Array(0)

/**
 * Key and value rows of all sequences in flight. Per layer one array [slots, H, C, D]: slot-major, so that the run of
 * a batch reads the contiguous slots 0..B-1 and a prefill reads one slot, both without a copy.
 *
 * C is one capacity for all slots, in buckets of 64 rows: attention pays for C, so it follows the longest sequence up
 * and down. Changing it copies what is committed; a sequence crosses a bucket once in 64 tokens.
 */
export class KvArena {
  private capacityRows = 0
  private slotCount = 0
  /** As large as they ever were: memory that comes and goes is marked by V8 each time. */
  private keys: Float32Array[] = []
  private values: Float32Array[] = []
  /** Keys and values of each layer in turn. */
  private sides: Float32Array[] = []
  private views = new Map<number, CacheView>()
  private readonly appendRows: Kernels['appendRows'] | undefined

  constructor(
    private readonly shape: TargetShape,
    private readonly bytesMax: number,
    { native = true }: { native?: boolean } = {},
  ) {
    this.appendRows = native ? kernels?.appendRows : undefined
  }

  get capacity(): number {
    return this.capacityRows
  }

  get bytes(): number {
    return this.bytesOf(this.slotCount, this.capacityRows)
  }

  /** Share of the memory budget, 0 to 1. */
  get usage(): number {
    return this.bytes / this.bytesMax
  }

  /** Whether `slots` sequences of up to `rows` rows each stay within the memory budget. */
  fits(slots: number, rows: number): boolean {
    return this.bytesOf(slots, bucketOf(rows)) <= this.bytesMax
  }

  /** The rows that each of `slots` sequences may have within the memory budget: whole buckets. */
  rowsAffordable(slots: number): number {
    return Math.floor(this.bytesMax / this.bytesOf(slots, ROWS_PER_BUCKET)) * ROWS_PER_BUCKET
  }

  /**
   * Makes room for `lengths.length` slots of at least `rows` rows, keeping the first lengths[slot] rows of each. What
   * is left over is kept for later, unless the budget asks for it.
   *
   * @throws Error beyond the budget: whoever asks has looked before
   */
  reserve(lengths: readonly number[], rows: number): void {
    const capacity = bucketOf(rows)
    const shrinks = capacity * 2 <= this.capacityRows
    if (lengths.length <= this.slotCount && capacity <= this.capacityRows && !shrinks) return
    const roomy = shrinks ? capacity : Math.max(capacity, this.capacityRows)
    const slots = lengths.length > this.slotCount ? Math.max(lengths.length, this.slotCount * 2) : this.slotCount
    if (this.bytesOf(slots, roomy) <= this.bytesMax) this.relayout(slots, roomy, lengths)
    else if (this.bytesOf(lengths.length, roomy) <= this.bytesMax) this.relayout(lengths.length, roomy, lengths)
    else if (this.fits(lengths.length, rows)) this.relayout(lengths.length, capacity, lengths)
    else throw new Error(`${lengths.length} sequences of ${rows} rows are beyond the budget of the KV cache.`)
  }

  /** The contiguous slots [first, first + batch) of every layer; valid until the next `reserve`. */
  view(first: number, batch: number): CacheView {
    const id = first * 65_536 + batch
    const known = this.views.get(id)
    if (known) return known
    const size = this.slotSize
    const cut = (layer: Float32Array) => layer.subarray(first * size, (first + batch) * size)
    const view = { keys: this.keys.map(cut), values: this.values.map(cut) }
    this.views.set(id, view)
    return view
  }

  /**
   * Appends the first `count` rows that a run computed for one sequence.
   * @param delta [L, 2, B, H, S, D] of a run of B sequences and S tokens, in which this one was number `index`
   */
  append(
    slot: number,
    row: number,
    delta: Float32Array,
    run: { batch: number; length: number; index: number },
    count: number,
  ): void {
    const { layers, keyValueHeads: heads, headDim } = this.shape
    const width = count * headDim
    for (let layer = 0; layer < layers; layer++) {
      for (let side = 0; side < 2; side++) {
        const rows = side === 0 ? this.keys[layer] : this.values[layer]
        const block = ((layer * 2 + side) * run.batch + run.index) * heads
        for (let head = 0; head < heads; head++) {
          const from = (block + head) * run.length * headDim
          rows?.set(delta.subarray(from, from + width), ((slot * heads + head) * this.capacityRows + row) * headDim)
        }
      }
    }
  }

  /**
   * Appends some of the rows that a run computed for one sequence, in ascending order: the path through a token tree
   * that was accepted. A path without a gap is copied as one piece.
   */
  appendPath(
    slot: number,
    row: number,
    delta: Float32Array,
    run: { batch: number; length: number; index: number },
    path: readonly number[],
  ): void {
    if (this.appendRows) {
      const { keyValueHeads: heads, headDim } = this.shape
      const [{ batch, index }, rows] = [run, Int32Array.from(path)]
      this.appendRows(this.sides, this.capacityRows, slot, row, delta, batch, index, heads, headDim, rows)
      return
    }
    if ((path.at(-1) ?? -1) === path.length - 1) {
      this.append(slot, row, delta, run, path.length)
      return
    }
    const { layers, keyValueHeads: heads, headDim } = this.shape
    for (let block = 0; block < layers * 2; block++) {
      const side = block % 2 === 0 ? this.keys[block >> 1] : this.values[block >> 1]
      for (let head = 0; head < heads; head++) {
        const from = ((block * run.batch + run.index) * heads + head) * run.length
        const to = (slot * heads + head) * this.capacityRows + row
        for (const [at, each] of path.entries()) {
          const start = (from + each) * headDim
          side?.set(delta.subarray(start, start + headDim), (to + at) * headDim)
        }
      }
    }
  }

  /** Copies the first `rows` rows of one slot to another: a fork, or filling the hole a finished sequence left. */
  copy(from: number, to: number, rows: number): void {
    const { keyValueHeads: heads, headDim } = this.shape
    for (const layer of [...this.keys, ...this.values]) {
      for (let head = 0; head < heads; head++) {
        const start = (from * heads + head) * this.capacityRows * headDim
        layer.copyWithin((to * heads + head) * this.capacityRows * headDim, start, start + rows * headDim)
      }
    }
  }

  /** Two sequences change places. */
  swap(one: { slot: number; rows: number }, other: { slot: number; rows: number }): void {
    const { keyValueHeads: heads, headDim } = this.shape
    const startOf = (slot: number, head: number) => (slot * heads + head) * this.capacityRows * headDim
    for (const layer of [...this.keys, ...this.values]) {
      for (let head = 0; head < heads; head++) {
        const [here, there] = [startOf(one.slot, head), startOf(other.slot, head)]
        const kept = layer.slice(here, here + one.rows * headDim)
        layer.copyWithin(here, there, there + other.rows * headDim)
        layer.set(kept, there)
      }
    }
  }

  private get slotSize(): number {
    return this.shape.keyValueHeads * this.capacityRows * this.shape.headDim
  }

  private bytesOf(slots: number, capacity: number): number {
    return slots * capacity * cacheRowBytes(this.shape)
  }

  private relayout(slots: number, capacity: number, lengths: readonly number[]): void {
    const { keyValueHeads: heads, headDim } = this.shape
    const old = { slots: this.slotCount, capacity: this.capacityRows }
    const length = slots * heads * capacity * headDim
    const blocks = Array.from({ length: Math.min(old.slots, lengths.length) * heads }, (_, block) => block)
    if (capacity > old.capacity) blocks.reverse() // what moves up must not meet what has not moved yet
    const rebuild = (layer: Float32Array = new Float32Array(length)): Float32Array => {
      const next = layer.length < length ? new Float32Array(length) : layer
      for (const block of blocks) {
        const width = (lengths[Math.floor(block / heads)] ?? 0) * headDim
        const [from, to] = [block * old.capacity * headDim, block * capacity * headDim]
        if (next === layer) next.copyWithin(to, from, from + width)
        else next.set(layer.subarray(from, from + width), to)
      }
      return next
    }
    const layers = Array.from({ length: this.shape.layers }, (_, layer) => layer)
    this.keys = layers.map((layer) => rebuild(this.keys[layer]))
    this.values = layers.map((layer) => rebuild(this.values[layer]))
    this.sides = layers.flatMap((layer) => [this.keys[layer] ?? EMPTY, this.values[layer] ?? EMPTY])
    this.views.clear()
    this.slotCount = slots
    this.capacityRows = capacity
  }
}

export interface CacheView {
  readonly keys: readonly Float32Array[]
  readonly values: readonly Float32Array[]
}

/** Bytes of key and value that one token costs over all layers. */
export function cacheRowBytes(shape: TargetShape): number {
  return shape.layers * 2 * shape.keyValueHeads * shape.headDim * Float32Array.BYTES_PER_ELEMENT
}

function bucketOf(rows: number): number {
  return Math.max(1, Math.ceil(rows / ROWS_PER_BUCKET)) * ROWS_PER_BUCKET
}
