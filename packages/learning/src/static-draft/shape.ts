import type { DraftShape } from '@foretoken/drafting'

/**
 * What of a static draft's shape nobody chooses. The adapter's part is a promise to tenants' adapters: all of a draft have
 * one shape.
 */
export const STATIC_SHAPE: Omit<DraftShape, 'hiddenSize' | 'stateSize' | 'vocabularySize'> = {
  markovRank: 64,
  pointer: { rank: 64, window: 192 },
  adapter: { rank: 32, hotSize: 256, markovRank: 16 },
}
