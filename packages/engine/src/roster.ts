import type { KvArena } from './cache/arena.ts'
import type { Sequence } from './sequence.ts'

/**
 * Which sequence owns which slot of the arena. Decoding sequences fill the slots 0..B-1 without a hole, so that one
 * contiguous view serves the whole batch; the one sequence that is being prefilled sits right behind them.
 */
export class Roster {
  readonly decoding: Sequence[] = []
  prefilling: Sequence | undefined

  constructor(private readonly arena: KvArena) {}

  get size(): number {
    return this.decoding.length + (this.prefilling ? 1 : 0)
  }

  /** Cached rows by slot. */
  get lengths(): number[] {
    const all = this.prefilling ? [...this.decoding, this.prefilling] : this.decoding
    return all.map((sequence) => sequence.cached)
  }

  /** The prefilled sequence starts to decode; its slot is already the next one. */
  promote(): void {
    if (this.prefilling) this.decoding.push(this.prefilling)
    this.prefilling = undefined
  }

  /** Adds a sequence that shares the first `rows` cached rows of `source`. Nothing may be prefilling. */
  fork(source: Sequence, sequence: Sequence, rows: number): void {
    const slot = this.decoding.length
    this.arena.reserve([...this.lengths, 0], Math.max(rows, ...this.lengths))
    this.arena.copy(this.decoding.indexOf(source), slot, rows)
    sequence.cached = rows
    this.decoding.push(sequence)
  }

  /** Frees the slot of a sequence and closes the gap it leaves. */
  remove(sequence: Sequence): void {
    if (sequence === this.prefilling) {
      this.prefilling = undefined
      return
    }
    const slot = this.decoding.indexOf(sequence)
    const last = this.decoding.pop()
    if (last && last !== sequence) {
      this.arena.copy(this.decoding.length, slot, last.cached)
      this.decoding[slot] = last
    }
    if (this.prefilling) this.arena.copy(this.decoding.length + 1, this.decoding.length, this.prefilling.cached)
  }
}
