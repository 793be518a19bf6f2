import { type DraftShape, DraftVocabulary, rowsOf, tokenInputs } from '@foretoken/drafting'
import type { TokenTables } from '@foretoken/model'
import { type TrainableDraft, trainableStatic } from './draft-graphs.ts'
import type { Reading } from './examples.ts'

/** What training and replaying a whole draft of these tokens needs. */
export function staticTraining(
  shape: DraftShape,
  tokens: Int32Array,
  tables: TokenTables,
): { trainable: TrainableDraft; reading: Omit<Reading, 'depth'> } {
  const vocabulary = new DraftVocabulary(tokens, tables.vocabularySize)
  const head = rowsOf(tables.head, tokens, shape.hiddenSize, false)
  const { stateSize, pointer } = shape
  return {
    trainable: trainableStatic(shape, head, tokenInputs(tables)),
    reading: { vocabulary, other: tokens.length, tables, stateSize, window: pointer.window },
  }
}
