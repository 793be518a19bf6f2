import type { TargetInput } from '@foretoken/model'
import type { CacheView } from '../cache/arena.ts'

/** What one sequence puts into a target run: tokens to process on top of its cached rows. */
export interface Feed {
  readonly tokens: readonly number[]
  readonly cached: number
  /** How many of the last tokens want logits: 1 + lookahead while decoding, 0 in the middle of a prefill. */
  readonly logits: number
  /** Row of this feed that each token follows, −1 for the first; parents come first. Absent: each follows the last. */
  readonly parents?: readonly number[]
}

/**
 * Packs feeds into the padded arrays of one run. Sequence b occupies row b of [B, S]; a shorter one is padded on the
 * right, where no token of its own sees the padding. Only a run with a tree in it carries a mask of its own.
 * @returns the input, and for each feed the index of its first logit row
 */
export function packFeeds(
  feeds: readonly Feed[],
  cache: CacheView & { capacity: number },
): { input: TargetInput; firstRows: number[] } {
  const batch = feeds.length
  const length = Math.max(...feeds.map((feed) => feed.tokens.length))
  const tokens = new Int32Array(batch * length)
  const positions = new Int32Array(batch * length)
  const pastLengths = new Int32Array(batch)
  const rows: number[] = []
  const firstRows = feeds.map((feed, index) => {
    const at = index * length
    tokens.set(feed.tokens, at)
    writePositions(feed, positions.subarray(at, at + length))
    pastLengths[index] = feed.cached
    const first = rows.length
    for (let i = feed.tokens.length - feed.logits; i < feed.tokens.length; i++) rows.push(at + i)
    return first
  })
  const input = {
    batch,
    length,
    capacity: cache.capacity,
    tokens,
    positions,
    pastLengths,
    keys: cache.keys,
    values: cache.values,
    logitRows: Int32Array.from(rows),
    ...(feeds.some((feed) => feed.tokens.length < length)
      ? { lengths: Int32Array.from(feeds, (feed) => feed.tokens.length) }
      : {}),
    ...(feeds.some(({ parents }) => parents) ? { newMask: maskOf(feeds, length) } : {}),
  }
  return { input, firstRows }
}

/** A token's position is its depth on top of what is cached; padding takes one that surely exists. */
function writePositions({ tokens, cached, parents }: Feed, out: Int32Array): void {
  out.fill(cached)
  for (let row = 1; row < tokens.length; row++) out[row] = (out[parents?.[row] ?? row - 1] ?? cached) + 1
}

/** Added to a score, it leaves nothing of it after the softmax. */
const HIDDEN = -1e9

/** [B, S, S] a token sees itself and those it follows. */
function maskOf(feeds: readonly Feed[], length: number): Float32Array {
  const mask = new Float32Array(feeds.length * length * length).fill(HIDDEN)
  for (const [index, { tokens, parents }] of feeds.entries()) {
    for (let row = 0; row < length; row++) {
      const at = (index * length + row) * length
      const parent = row < tokens.length ? (parents?.[row] ?? row - 1) : row - 1
      if (parent >= 0) mask.copyWithin(at, (index * length + parent) * length, (index * length + parent + 1) * length)
      mask[at + row] = 0
    }
  }
  return mask
}
