import type { TokenTables } from '@foretoken/model'
import type { DraftPrecision, DraftShape } from './shape.ts'
import type { Parameters } from './tensors.ts'
import type { DraftVocabulary } from './vocabulary.ts'

/** What chains are computed from. */
export interface DraftParts {
  readonly shape: DraftShape
  readonly parameters: Parameters
  /** [V, d]: the target's head for the draft's tokens. */
  readonly head: Float32Array
  /** [V, d]: the draft's tokens as they enter it. */
  readonly inputs: Float32Array
  readonly weights: DraftPrecision
}

/** What adapters are read against: the draft, and the target's tables for their hot-lists. */
export interface DraftBase {
  readonly parts: DraftParts
  readonly vocabulary: DraftVocabulary
  readonly tables: TokenTables
}
