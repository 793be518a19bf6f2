import type { GrammarVocabulary, Kernels } from '@foretoken/native'
import type { Speller } from './spelling.ts'

/** A model's tokenizer, as far as constraints need it. */
export interface ConstraintTokens extends Speller {
  readonly eosIds: readonly number[]
  /** The name of a special token; undefined: it is none. */
  specialName(id: number): string | undefined
  bytesOf(id: number): Uint8Array
}

/** A byte that no UTF-8 has: what begins with it is a special token, which text can't spell. */
const SPECIAL = 0xff

/** A model's tokens by id, in one piece. Ids beyond the tokenizer's are nothing, and never allowed. */
export function vocabularyOf(tokens: ConstraintTokens, vocabularySize: number, native: Kernels): GrammarVocabulary {
  const ends = new Uint32Array(vocabularySize)
  const parts: Uint8Array[] = []
  let end = 0
  for (let id = 0; id < vocabularySize; id++) {
    const name = tokens.specialName(id)
    const bytes = name === undefined ? tokens.bytesOf(id) : Buffer.concat([Uint8Array.of(SPECIAL), Buffer.from(name)])
    parts.push(bytes)
    end += bytes.length
    ends[id] = end
  }
  return new native.GrammarVocabulary(Buffer.concat(parts), ends, Uint32Array.from(tokens.eosIds))
}
