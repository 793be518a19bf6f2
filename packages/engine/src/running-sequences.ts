import type { KvArena } from './cache/arena.ts'
import type { Sequence } from './sequence.ts'

/**
 * Which sequence owns which slot of the arena. Decoding sequences fill the slots 0..B-1 without a hole, so that one
 * contiguous view serves the whole batch; those that are being prefilled sit right behind them, in no order.
 */
export class RunningSequences {
  readonly decoding: Sequence[] = []
  readonly prefilling: Sequence[] = []

  constructor(private readonly arena: KvArena) {}

  /** By slot. */
  get all(): Sequence[] {
    return [...this.decoding, ...this.prefilling]
  }

  get size(): number {
    return this.decoding.length + this.prefilling.length
  }

  /** Cached rows by slot. */
  get lengths(): number[] {
    return this.all.map((sequence) => sequence.cached)
  }

  slotOf(sequence: Sequence): number {
    return this.all.indexOf(sequence)
  }

  /** A sequence without cached rows gets a slot and is going to be prefilled. */
  join(sequence: Sequence): void {
    this.prefilling.push(sequence)
  }

  /** A prefilled sequence starts to decode: it changes places with the one behind the last that decodes. */
  promote(sequence: Sequence): void {
    const [at, first] = [this.prefilling.indexOf(sequence), this.prefilling[0]]
    if (first && at > 0) {
      this.arena.reserve(this.lengths, Math.max(...this.lengths))
      const slot = this.decoding.length
      this.arena.swap({ slot, rows: first.cached }, { slot: slot + at, rows: sequence.cached })
      this.prefilling[at] = first
    }
    this.prefilling.shift()
    this.decoding.push(sequence)
  }

  /** Adds a decoding sequence that shares the first `rows` cached rows of another one. */
  fork(source: Sequence, sequence: Sequence, rows: number): void {
    const slot = this.decoding.length
    const end = this.size
    this.arena.reserve([...this.lengths, 0], Math.max(rows, ...this.lengths))
    const displaced = this.prefilling.shift()
    if (displaced) {
      this.arena.copy(slot, end, displaced.cached)
      this.prefilling.push(displaced)
    }
    this.arena.copy(this.decoding.indexOf(source), slot, rows)
    sequence.cached = rows
    this.decoding.push(sequence)
  }

  /** Frees the slot of a sequence and closes the gap it leaves. */
  remove(sequence: Sequence): void {
    const slot = this.decoding.indexOf(sequence)
    if (slot < 0) {
      this.fill(this.prefilling, this.prefilling.indexOf(sequence), this.decoding.length)
      return
    }
    this.fill(this.decoding, slot, 0)
    const last = this.prefilling.pop()
    if (!last) return
    this.arena.copy(this.decoding.length + 1 + this.prefilling.length, this.decoding.length, last.cached)
    this.prefilling.unshift(last)
  }

  /** Takes one out of a list whose first slot is `offset`, and moves the last of it there. */
  private fill(list: Sequence[], at: number, offset: number): void {
    const last = list.pop()
    if (!last || at >= list.length) return
    this.arena.copy(offset + list.length, offset + at, last.cached)
    list[at] = last
  }
}
