/** What of a draft's shape is searched for. */
export interface ShapeChoice {
  /** Width of its state. */
  readonly state: number
  /** Tokens that it can propose. */
  readonly vocabulary: number
  /** Tokens of a chain that it is trained to draft: 2 or more. */
  readonly chain: number
}

/** `384x1536x5`: state, vocabulary, chain. Part of keys of the object store. */
export function shapeName({ state, vocabulary, chain }: ShapeChoice): string {
  return `${state}x${vocabulary}x${chain}`
}

/** What was good for the targets that came first, and one change of it at a time. */
export const DEFAULT_SHAPES: readonly ShapeChoice[] = [
  { state: 384, vocabulary: 1_536, chain: 5 },
  { state: 192, vocabulary: 1_536, chain: 5 },
  { state: 512, vocabulary: 1_536, chain: 5 },
  { state: 384, vocabulary: 768, chain: 5 },
  { state: 384, vocabulary: 3_072, chain: 5 },
  { state: 384, vocabulary: 1_536, chain: 8 },
]
