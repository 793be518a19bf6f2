import { EngineError } from '@foretoken/engine'
import type { LoadedModel } from '@foretoken/model'
import type { DetokenizeAnswer, DetokenizeCall, TokenizeAnswer, TokenizeCall } from '@foretoken/protocol'
import { conversationTokens, type TokenReader } from '../generate/request.ts'

/** @throws EngineError when the model can't take the conversation */
export function tokenize({ input }: TokenizeCall, reader: TokenReader): TokenizeAnswer {
  const { tokenizer } = reader.model
  const tokens =
    input.kind === 'text' ? tokenizer.encode(input.text, input) : [...conversationTokens(input, reader, input)]
  return { tokens, spellings: tokens.map((id) => tokenizer.spellingOf(id) ?? '') }
}

/** @throws EngineError for a token that the vocabulary does not have */
export function detokenize(
  { tokens }: DetokenizeCall,
  { tokenizer }: Pick<LoadedModel, 'tokenizer'>,
): DetokenizeAnswer {
  const bytes = tokens.map((id, at) => {
    const spelling = tokenizer.spellingOf(id)
    if (spelling !== undefined) return tokenizer.isSpecial(id) ? Buffer.from(spelling) : tokenizer.bytesOf(id)
    throw new EngineError('invalid_value', `the vocabulary has ${tokenizer.vocabularySize} tokens.`, `tokens[${at}]`)
  })
  return { text: Buffer.concat(bytes).toString() }
}
