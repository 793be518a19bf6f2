import { z } from 'zod'
import { ApiError } from '../../errors/api-error.ts'
import type { ChatMessage } from '../chat/messages.ts'
import { isObject, optional } from '../parse.ts'

/** What clients send back of items that they were given, and nobody needs. */
const given = { id: optional(z.string()), status: optional(z.string()) } as const

/** Text of a user or a tool; text of an earlier answer, with what was beside it. */
const textPart = z.strictObject({
  type: z.enum(['input_text', 'output_text']),
  text: z.string(),
  annotations: z.unknown().optional(),
  logprobs: z.unknown().optional(),
})
const textSchema = z.union([
  z.string(),
  z.array(textPart).transform((parts) => parts.map((part) => part.text).join('\n')),
])

const messageItem = z
  .strictObject({
    type: z.literal('message'),
    role: z.enum(['system', 'developer', 'user', 'assistant']),
    content: textSchema,
    phase: z.unknown().optional(),
    ...given,
  })
  .transform(({ type, role, content }) => ({ type, role, content }))

const functionCallItem = z
  .strictObject({
    type: z.literal('function_call'),
    call_id: z.string().min(1).max(256),
    name: z.string().min(1).max(256),
    arguments: z.string(),
    ...given,
  })
  .transform(({ type, call_id, name, arguments: text }) => ({ type, call_id, name, arguments: text }))

const functionCallOutputItem = z
  .strictObject({
    type: z.literal('function_call_output'),
    call_id: z.string().min(1).max(256),
    output: textSchema,
    ...given,
  })
  .transform(({ type, call_id, output }) => ({ type, call_id, output }))

const itemReference = z.strictObject({ type: z.literal('item_reference'), id: z.string().min(1).max(256) })

/** An item of a conversation, without what only its sender knows it by. */
export const inputItemSchema = z.preprocess(
  withType,
  z.discriminatedUnion('type', [messageItem, functionCallItem, functionCallOutputItem, itemReference]),
)
export type InputItem = z.output<typeof inputItemSchema>
export type ConversationItem = Exclude<InputItem, { type: 'item_reference' }>

/** Both kinds that OpenAI lets go without a type. */
function withType(value: unknown): unknown {
  if (!isObject(value) || (value.type ?? null) !== null) return value
  if ('role' in value) return { ...value, type: 'message' }
  return 'id' in value ? { ...value, type: 'item_reference' } : value
}

/**
 * Items as the messages of a chat: calls belong to the message of the assistant before them. Throws the ApiError of an
 * output that answers no call.
 *
 * @param known how many of the items were there before this request, for the names of the others
 */
export function toChatMessages(items: readonly ConversationItem[], known: number): ChatMessage[] {
  const messages: ChatMessage[] = []
  const called = new Set<string>()
  for (const [at, item] of items.entries()) {
    if (item.type === 'message') messages.push(message({ role: item.role, content: item.content }))
    else if (item.type === 'function_call') {
      called.add(item.call_id)
      addCall(messages, item)
    } else {
      if (!called.has(item.call_id)) throw noSuchCall(at - known)
      messages.push(message({ role: 'tool', content: item.output, tool_call_id: item.call_id }))
    }
  }
  return messages
}

function addCall(messages: ChatMessage[], item: Extract<ConversationItem, { type: 'function_call' }>): void {
  const last = messages.at(-1)
  const speaker = last?.role === 'assistant' ? last : message({ role: 'assistant', content: undefined })
  if (speaker !== last) messages.push(speaker)
  const called = { name: item.name, arguments: item.arguments }
  speaker.tool_calls.push({ id: item.call_id, type: 'function', function: called })
}

function message(fields: Pick<ChatMessage, 'role' | 'content'> & Partial<ChatMessage>): ChatMessage {
  return { name: undefined, tool_call_id: undefined, tool_calls: [], ...fields }
}

function noSuchCall(at: number): ApiError {
  const name = `input[${at}].call_id`
  return new ApiError('invalid_value', { values: { name, reason: 'no call before it has this id.' }, param: name })
}
