import { type DraftShape, decodeParameters, encodeParameters, type Parameters } from '@foretoken/drafting'
import type { Trace } from '@foretoken/engine'
import type { TokenTables } from '@foretoken/model'
import { PromptError } from '../asking/prompt-file.ts'
import type { TrainableDraft } from '../train/draft-graphs.ts'
import { type Example, examplesOf, type Reading } from '../train/examples.ts'
import { staticTraining } from '../train/static-training.ts'
import { type DomainTraces, frequentTokens, splitDomains } from './split.ts'

/** Traces, split into what teaches and what judges: whatever drafts are trained on them. */
export interface Learnable {
  readonly split: readonly DomainTraces[]
  readonly training: readonly Trace[]
  readonly examples: readonly Example[]
}

/** A draft of one shape, ready to be trained. */
export interface UntrainedDraft {
  /** Its vocabulary has as many tokens as the answers had, or as were asked for. */
  readonly shape: DraftShape
  readonly tokens: Int32Array
  readonly draft: TrainableDraft
  readonly reading: Omit<Reading, 'depth'>
}

/** @throws PromptError where there is nothing to learn from. */
export function learnableOf(traces: ReadonlyMap<string, readonly Trace[]>): Learnable {
  const split = splitDomains(traces)
  const training = split.flatMap((each) => each.training)
  const examples = examplesOf(training)
  if (examples.length === 0) throw new PromptError('too few prompts to learn from: the last tenth of each file judges')
  return { split, training, examples }
}

export function untrainedDraft(
  wanted: Omit<DraftShape, 'hiddenSize'>,
  training: readonly Trace[],
  tables: TokenTables,
): UntrainedDraft {
  const tokens = frequentTokens(training, wanted.vocabularySize)
  const shape: DraftShape = { ...wanted, hiddenSize: tables.hiddenSize, vocabularySize: tokens.length }
  const { trainable: draft, reading } = staticTraining(shape, tokens, tables)
  return { shape, tokens, draft, reading }
}

/** Parameters as they are after storing and reading them. */
export function rounded({ draft, tokens }: UntrainedDraft, parameters: Parameters): Parameters {
  return decodeParameters(encodeParameters(draft.parameters, parameters, tokens), draft.parameters).values
}
