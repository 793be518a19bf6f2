import type { TargetShape } from '@foretoken/model'
import type { CacheView } from './arena.ts'

/** One slot of the arena, as `KvArena.view(slot, 1)` gives it: per layer and side [H, C, D]. */
export interface Slot {
  readonly view: CacheView
  /** C */
  readonly capacity: number
}

/** Copies rows [row, row + count) of a slot to `block`, [L, 2, H, count, D] without a gap. */
export function readRows(slot: Slot, row: number, count: number, block: Float32Array, shape: TargetShape): void {
  const width = count * shape.headDim
  for (const { side, from, to } of runs(slot, row, width, shape)) block.set(side.subarray(from, from + width), to)
}

/** Copies a block that `readRows` has filled to rows [row, row + count) of a slot. */
export function writeRows(slot: Slot, row: number, count: number, block: Float32Array, shape: TargetShape): void {
  const width = count * shape.headDim
  for (const { side, from, to } of runs(slot, row, width, shape)) side.set(block.subarray(to, to + width), from)
}

/** The contiguous runs that a block is made of: one per layer, side and head, `from` in the slot, `to` in the block. */
function runs({ view, capacity }: Slot, row: number, width: number, { keyValueHeads, headDim }: TargetShape) {
  return view.keys.flatMap((keys, layer) =>
    [keys, view.values[layer] ?? keys].flatMap((side, which) =>
      Array.from({ length: keyValueHeads }, (_, head) => ({
        side,
        from: (head * capacity + row) * headDim,
        to: ((layer * 2 + which) * keyValueHeads + head) * width,
      })),
    ),
  )
}
