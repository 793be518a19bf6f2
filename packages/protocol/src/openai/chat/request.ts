import { z } from 'zod'
import { chatUnsupported, sharedParameters } from '../parameters.ts'
import {
  dropHarmless,
  emptyList,
  isObject,
  never,
  optional,
  parseBody,
  type UnsupportedParameters,
  withDefault,
} from '../parse.ts'
import { checkStreamOptions, combination } from '../rules.ts'

const textPart = z.strictObject({ type: z.enum(['text']), text: z.string() })

export const messageSchema = z.strictObject({
  role: z.enum(['system', 'developer', 'user', 'assistant']),
  /** Parts are joined by line breaks, as vLLM does for templates that take text. */
  content: z.union([
    z.string(),
    z
      .array(textPart)
      .min(1)
      .transform((parts) => parts.map((part) => part.text).join('\n')),
  ]),
  name: optional(z.string().min(1).max(64)),
})

/** What answers hold and clients send back with the conversation. */
const messageUnsupported: UnsupportedParameters = {
  refusal: never,
  annotations: emptyList,
  tool_calls: emptyList,
  function_call: never,
  audio: never,
}

export const chatRequestSchema = z.strictObject({
  ...sharedParameters,
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
