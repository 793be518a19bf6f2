import type { TokenTables } from '@foretoken/model'
import type { DraftShape } from './shape.ts'
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
  /** 8 bits read a quarter of the bytes, and a draft needs no exactness; fp32 is the reference. */
  readonly weights: 'fp32' | 'int8'
}

/** What adapters are read against: the draft, and the target's tables for their hot-lists. */
export interface DraftBase {
  readonly parts: DraftParts
  readonly vocabulary: DraftVocabulary
  readonly tables: TokenTables
}
