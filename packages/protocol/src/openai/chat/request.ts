import { z } from 'zod'
import { chatUnsupported, sharedParameters } from '../parameters.ts'
import { dropHarmless, isObject, optional, parseBody, withDefault } from '../parse.ts'
import { checkStreamOptions, combination } from '../rules.ts'
import { checkStructured } from '../structured.ts'
import { checkMessages, messageSchema, messageUnsupported } from './messages.ts'
import { checkTools, toolParameters } from './tools.ts'

export const chatRequestSchema = z.strictObject({
  ...sharedParameters,
  ...toolParameters,
  messages: z.array(messageSchema).min(1).max(10_000),
  max_completion_tokens: optional(z.int().min(1)),
  logprobs: withDefault(z.boolean(), false),
  top_logprobs: optional(z.int().min(0).max(20)),
})
export type ChatRequest = z.infer<typeof chatRequestSchema>

/** Body of POST /v1/chat/completions. Throws an ApiError that names the first parameter at fault. */
export function parseChatRequest(body: unknown): ChatRequest {
  const request = parseBody(chatRequestSchema, chatUnsupported, withPlainMessages(body))
  checkStreamOptions(request)
  checkStructured(request)
  checkTools(request)
  checkMessages(request.messages)
  if (request.structured_outputs && request.tools.length > 0 && request.tool_choice !== 'none') {
    throw combination("'structured_outputs' and 'tools' can't be set at the same time.", 'structured_outputs')
  }
  if (request.top_logprobs !== undefined && !request.logprobs) {
    throw combination("'logprobs' must be true when 'top_logprobs' is given.", 'top_logprobs')
  }
  if (request.max_tokens !== undefined && request.max_completion_tokens !== undefined) {
    throw combination("'max_tokens' and 'max_completion_tokens' can't be set at the same time.", 'max_tokens')
  }
  return request
}

/** Without what messages of answers hold that no template reads. */
export function withPlainMessages(body: unknown): unknown {
  if (!isObject(body) || !Array.isArray(body.messages)) return body
  const messages: unknown[] = body.messages
  const plain = messages.map((message, at) => dropHarmless(message, messageUnsupported, `messages[${at}].`))
  return { ...body, messages: plain }
}
