import { z } from 'zod'
import { speculationMetricsSchema } from '../speculation-metrics.ts'

const scored = z.strictObject({ token: z.string(), logprob: z.number(), bytes: z.array(z.int()) })
const logprobSchema = scored.extend({ top_logprobs: z.array(scored) })
export type ResponseLogprob = z.infer<typeof logprobSchema>

const textPartSchema = z.strictObject({
  type: z.literal('output_text'),
  text: z.string(),
  annotations: z.array(z.never()),
  logprobs: z.array(logprobSchema),
})

const itemStatus = z.enum(['in_progress', 'completed', 'incomplete'])

const messageItemSchema = z.strictObject({
  id: z.string(),
  type: z.literal('message'),
  status: itemStatus,
  role: z.literal('assistant'),
  content: z.array(textPartSchema),
})
const functionCallItemSchema = z.strictObject({
  id: z.string(),
  type: z.literal('function_call'),
  status: itemStatus,
  call_id: z.string(),
  name: z.string(),
  arguments: z.string(),
})
const outputItemSchema = z.discriminatedUnion('type', [messageItemSchema, functionCallItemSchema])
export type OutputItem = z.infer<typeof outputItemSchema>

const usageSchema = z.strictObject({
  input_tokens: z.int(),
  input_tokens_details: z.strictObject({ cached_tokens: z.int() }),
  output_tokens: z.int(),
  output_tokens_details: z.strictObject({ reasoning_tokens: z.int() }),
  total_tokens: z.int(),
})

export const responseSchema = z.strictObject({
  id: z.string(),
  object: z.literal('response'),
  created_at: z.int(),
  status: z.enum(['in_progress', 'completed', 'incomplete']),
  error: z.null(),
  incomplete_details: z.strictObject({ reason: z.literal('max_output_tokens') }).nullable(),
  instructions: z.string().nullable(),
  max_output_tokens: z.int().nullable(),
  model: z.string(),
  output: z.array(outputItemSchema),
  parallel_tool_calls: z.boolean(),
  previous_response_id: z.string().nullable(),
  reasoning: z.strictObject({ effort: z.null(), summary: z.null() }),
  /** Whether it can be had again, and gone on from. */
  store: z.boolean(),
  temperature: z.number(),
  text: z.strictObject({ format: z.record(z.string(), z.unknown()) }),
  tool_choice: z.union([z.string(), z.strictObject({ type: z.literal('function'), name: z.string() })]),
  tools: z.array(z.record(z.string(), z.unknown())),
  top_p: z.number(),
  truncation: z.literal('disabled'),
  usage: usageSchema.nullable(),
  metadata: z.record(z.string(), z.string()),
  user: z.string().optional(),
  metrics: speculationMetricsSchema.optional(),
})
export type OpenAiResponse = z.infer<typeof responseSchema>

const event = <Type extends string, Fields extends z.ZodRawShape>(type: Type, fields: Fields) =>
  z.strictObject({ type: z.literal(type), sequence_number: z.int(), obfuscation: z.string().optional(), ...fields })

const inItem = { item_id: z.string(), output_index: z.int() } as const
const inPart = { ...inItem, content_index: z.int() } as const

/** What a streamed response consists of, in OpenAI's words. */
export const responseEventSchema = z.discriminatedUnion('type', [
  event('response.created', { response: responseSchema }),
  event('response.in_progress', { response: responseSchema }),
  event('response.output_item.added', { output_index: z.int(), item: outputItemSchema }),
  event('response.content_part.added', { ...inPart, part: textPartSchema }),
  event('response.output_text.delta', { ...inPart, delta: z.string(), logprobs: z.array(logprobSchema) }),
  event('response.output_text.done', { ...inPart, text: z.string(), logprobs: z.array(logprobSchema) }),
  event('response.content_part.done', { ...inPart, part: textPartSchema }),
  event('response.function_call_arguments.delta', { ...inItem, delta: z.string() }),
  event('response.function_call_arguments.done', { ...inItem, name: z.string(), arguments: z.string() }),
  event('response.output_item.done', { output_index: z.int(), item: outputItemSchema }),
  event('response.completed', { response: responseSchema }),
  event('response.incomplete', { response: responseSchema }),
  event('error', { code: z.string(), message: z.string(), param: z.string().nullable() }),
])
export type ResponseEvent = z.infer<typeof responseEventSchema>
