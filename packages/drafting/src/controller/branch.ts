import type { DraftArm } from '../speculator.ts'

/** The first tokens of one arm's proposal, as far as they are verified. */
export interface Branch {
  readonly arm: DraftArm
  readonly lookahead: number
  /** It ends with tokens of this alternative of the proposal instead of the chain's own. */
  readonly alternative?: number
}
