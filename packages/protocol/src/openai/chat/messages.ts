import { z } from 'zod'
import { ApiError } from '../../errors/api-error.ts'
import { emptyList, never, optional, type UnsupportedParameters, withDefault } from '../parse.ts'
import { combination } from '../rules.ts'

const textPart = z.strictObject({ type: z.enum(['text']), text: z.string() })

/** A call that an earlier answer made. Its arguments are what the model wrote, which need not be JSON. */
const toolCallSchema = z.strictObject({
  id: z.string().min(1).max(256),
  type: z.enum(['function']),
  function: z.strictObject({ name: z.string().min(1).max(256), arguments: z.string() }),
})

export const messageSchema = z.strictObject({
  role: z.enum(['system', 'developer', 'user', 'assistant', 'tool']),
  /** Parts are joined by line breaks, as vLLM does for templates that take text. */
  content: optional(
    z.union([
      z.string(),
      z
        .array(textPart)
        .min(1)
        .transform((parts) => parts.map((part) => part.text).join('\n')),
    ]),
  ),
  name: optional(z.string().min(1).max(64)),
  tool_calls: withDefault(z.array(toolCallSchema), []),
  tool_call_id: optional(z.string().min(1).max(256)),
})
export type ChatMessage = z.infer<typeof messageSchema>

/** What answers hold and clients send back with the conversation. */
export const messageUnsupported: UnsupportedParameters = {
  refusal: never,
  annotations: emptyList,
  function_call: never,
  audio: never,
}

/** Who may say what, and that each result of a tool answers a call. */
export function checkMessages(messages: readonly ChatMessage[]): void {
  const called = new Set<string>()
  for (const [at, message] of messages.entries()) {
    checkMessage(message, `messages[${at}]`, called)
    for (const { id } of message.tool_calls) called.add(id)
  }
}

function checkMessage(message: ChatMessage, path: string, called: ReadonlySet<string>): void {
  const { role, content, tool_calls: calls, tool_call_id: answered } = message
  if (calls.length > 0 && role !== 'assistant') {
    throw combination(`'${path}.tool_calls' is only allowed in messages of the role 'assistant'.`, `${path}.tool_calls`)
  }
  if (content === undefined && calls.length === 0) throw missing(`${path}.content`)
  const param = `${path}.tool_call_id`
  if (role !== 'tool') {
    if (answered !== undefined) throw combination(`'${param}' is only allowed in messages of the role 'tool'.`, param)
    return
  }
  if (answered === undefined) throw missing(param)
  if (called.has(answered)) return
  const reason = "no call in the 'tool_calls' of an assistant's message before it has this id."
  throw new ApiError('invalid_value', { values: { name: param, reason }, param })
}

function missing(name: string): ApiError {
  return new ApiError('missing_required_parameter', { values: { name }, param: name })
}
