/**
 * Context lengths that are indexed. A match of any length of at least the smallest is found; the larger ones only
 * make sure that long matches are seen first when a short context is too frequent to walk in full.
 */
export const CONTEXT_ORDERS = [1, 2, 4, 8] as const

/** Longest match worth telling apart. */
export const MATCH_MAX = 32

/** Chain links followed per order, so that crafted hash collisions can't slow a step down. */
export const PROBES_MAX = 64

/**
 * Hashes of the 1, 2, 4, … tokens that end just before `end`, into `out`; says how many there are. A ring is read
 * through its mask (-1 for a plain array); `available` tokens precede `end`, and a boundary (-1) ends the context.
 */
export function hashContext(tokens: Int32Array, end: number, available: number, mask: number, out: Int32Array): number {
  let hash = 0x2545f491
  let taken = 0
  for (let order = 0; order < CONTEXT_ORDERS.length; order++) {
    const wanted = CONTEXT_ORDERS[order] ?? 0
    while (taken < wanted) {
      const token = taken < available ? (tokens[(end - 1 - taken) & mask] ?? -1) : -1
      if (token < 0) return order
      hash = Math.imul(hash ^ token, 0x9e3779b1)
      hash ^= hash >>> 15
      taken++
    }
    out[order] = hash
  }
  return CONTEXT_ORDERS.length
}
