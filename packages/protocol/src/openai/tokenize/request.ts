import { z } from 'zod'
import { ApiError } from '../../errors/api-error.ts'
import { type ChatMessage, checkMessages, messageSchema } from '../chat/messages.ts'
import { withPlainMessages } from '../chat/request.ts'
import { checkTools, type Tool, toolParameters } from '../chat/tools.ts'
import { optional, parseBody, withDefault } from '../parse.ts'
import { combination } from '../rules.ts'

const MESSAGES_MAX = 10_000

/** vLLM's parameters. `model` may be left out where one is served. */
export const tokenizeRequestSchema = z.strictObject({
  model: optional(z.string().min(1)),
  prompt: optional(z.string()),
  messages: optional(z.array(messageSchema).min(1).max(MESSAGES_MAX)),
  /** Those that the model is told of before the messages. */
  tools: toolParameters.tools,
  add_special_tokens: optional(z.boolean()),
  add_generation_prompt: optional(z.boolean()),
  return_token_strs: withDefault(z.boolean(), false),
})

export interface TokenizeRequest {
  readonly model: string | undefined
  readonly input:
    | { readonly kind: 'text'; readonly text: string; readonly addSpecialTokens: boolean }
    | {
        readonly kind: 'chat'
        readonly messages: readonly ChatMessage[]
        readonly tools: readonly Tool[]
        readonly addGenerationPrompt: boolean
      }
  readonly spellings: boolean
}

/** Body of POST /tokenize: a text or a conversation. Throws an ApiError that names the first parameter at fault. */
export function parseTokenizeRequest(body: unknown): TokenizeRequest {
  const request = parseBody(tokenizeRequestSchema, {}, withPlainMessages(body))
  const { model, prompt, messages, tools, return_token_strs: spellings } = request
  const { add_special_tokens, add_generation_prompt } = request
  if (prompt !== undefined && messages !== undefined) {
    throw combination("'prompt' and 'messages' can't be set at the same time.", 'prompt')
  }
  if (messages !== undefined) {
    if (add_special_tokens === true) {
      throw combination("'add_special_tokens' is of a 'prompt': a chat template writes its own.", 'add_special_tokens')
    }
    checkTools({ tools, tool_choice: 'auto' })
    checkMessages(messages)
    const addGenerationPrompt = add_generation_prompt ?? true
    return { model, spellings, input: { kind: 'chat', messages, tools, addGenerationPrompt } }
  }
  if (prompt === undefined) {
    throw new ApiError('missing_required_parameter', { values: { name: 'prompt' }, param: 'prompt' })
  }
  if (add_generation_prompt === true) {
    throw combination("'add_generation_prompt' is of 'messages'.", 'add_generation_prompt')
  }
  if (tools.length > 0) throw combination("'tools' are of 'messages'.", 'tools')
  return { model, spellings, input: { kind: 'text', text: prompt, addSpecialTokens: add_special_tokens ?? true } }
}

/** Far more than any context holds. */
const TOKENS_MAX = 1_000_000

export const detokenizeRequestSchema = z.strictObject({
  model: optional(z.string().min(1)),
  tokens: z.array(z.int().nonnegative()).max(TOKENS_MAX),
})
export type DetokenizeRequest = z.infer<typeof detokenizeRequestSchema>

/** Body of POST /detokenize. */
export function parseDetokenizeRequest(body: unknown): DetokenizeRequest {
  return parseBody(detokenizeRequestSchema, {}, body)
}
