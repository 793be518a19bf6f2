import type { TargetInput } from '@foretoken/model'
import type { CacheView } from '../cache/arena.ts'

/** What one sequence puts into a target run: tokens to process on top of its cached rows. */
export interface Feed {
  readonly tokens: readonly number[]
  readonly cached: number
  /** How many of the last tokens want logits: 1 + lookahead while decoding, 0 in the middle of a prefill. */
  readonly logits: number
}

/**
 * Packs feeds into the padded arrays of one run. Sequence b occupies row b of [B, S]; a shorter one is padded on the
 * right, where causality keeps the padding invisible to its own tokens.
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
    for (let i = 0; i < length; i++) positions[at + i] = feed.cached + Math.min(i, feed.tokens.length - 1)
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
  }
  return { input, firstRows }
}
