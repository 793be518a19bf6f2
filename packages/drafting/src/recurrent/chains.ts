import type { DraftSampling } from '../speculator.ts'
import type { Adapter, AdapterValues } from './adapter.ts'
import type { PointerContext } from './context.ts'

/** Where a chain starts. */
export interface ChainStart {
  /** [d]: the target's final hidden state that predicted the last token. */
  readonly hidden: Float32Array
  /** The request so far, its last committed token the last one; made by `RecurrentDraft.contextOf`. */
  readonly context: PointerContext
  readonly adapter?: Adapter
  /** Absent when greedy. */
  readonly noise?: ChainNoise
}

/** Noise to add to the logarithms of the shares before a token is chosen. */
export interface ChainNoise {
  readonly sampling: DraftSampling
  /** Of the first draft token. */
  readonly position: number
}

export interface DraftedChain {
  /** Target ids; nothing after one that ends a completion. */
  readonly tokens: readonly number[]
  /** confidence[i]: the draft's own belief that the target takes tokens[i] if it took those before. */
  readonly confidence: readonly number[]
}

/** What computes a draft's chains: compiled code, or graphs on ONNX Runtime where there is none. */
export interface Chains {
  /**
   * In service a chain goes on while it is at least so likely to survive so far: below, drafting more costs more than it
   * brings.
   */
  readonly survivalMin: number
  /** Rejects with DraftError. */
  prepare(id: string, adapter: AdapterValues): Promise<Adapter>
  /** As RecurrentDraft.draft. */
  draft(starts: readonly ChainStart[], lookahead: number, survivalMin: number): Promise<DraftedChain[]>
  /** Does at once what would otherwise be done for the first request of its kind. */
  warm(): Promise<void>
  close(): Promise<void>
}

/** A chain whose numbers overflowed is worth nothing, and must not end those of others in its batch. */
export function chanceOf(logit = 0): number {
  return Number.isNaN(logit) ? 0 : 1 / (1 + Math.exp(-logit))
}
