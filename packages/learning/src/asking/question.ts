import { ChatTemplateError, type LoadedModel, TokenizerError } from '@foretoken/model'
import { PromptError, type PromptLine } from './prompt-file.ts'

/** A prompt as the target is asked it. Everything that its answer depends on, but for the target. */
export interface Question {
  readonly id: string
  readonly prompt: readonly number[]
  readonly temperature: number
  readonly seed: number
  readonly tokensMax: number
}

/**
 * @param where what people know the prompt by
 * @throws PromptError for messages that the target's chat template refuses
 */
export function encodePrompt(
  { tokenizer }: Pick<LoadedModel, 'tokenizer'>,
  { messages, where }: PromptLine,
): readonly number[] {
  try {
    return tokenizer.encodeChat(messages, { addGenerationPrompt: true })
  } catch (error) {
    if (!(error instanceof ChatTemplateError || error instanceof TokenizerError)) throw error
    throw new PromptError(`${where} is not a chat for this target (${error.message})`)
  }
}
