import { z } from 'zod'
import { speculationMetricsSchema } from '../speculation-metrics.ts'
import { usageSchema } from '../usage.ts'

const alternativeSchema = z.strictObject({ token: z.string(), logprob: z.number(), bytes: z.array(z.int()) })

const logprobsSchema = z.strictObject({
  content: z.array(alternativeSchema.extend({ top_logprobs: z.array(alternativeSchema) })),
  refusal: z.null(),
})
export type ChatLogprobs = z.infer<typeof logprobsSchema>

const finishReasonSchema = z.enum(['stop', 'length', 'tool_calls'])

const toolCallSchema = z.strictObject({
  id: z.string(),
  type: z.literal('function'),
  /** The arguments are JSON as text. */
  function: z.strictObject({ name: z.string(), arguments: z.string() }),
})

/** A call's first delta has id, type and name; the others more of its arguments. */
const toolCallDeltaSchema = z.strictObject({
  index: z.int(),
  id: z.string().optional(),
  type: z.literal('function').optional(),
  function: z.strictObject({ name: z.string().optional(), arguments: z.string() }),
})

const messageSchema = z.strictObject({
  role: z.literal('assistant'),
  /** Null where there is nothing beside calls. */
  content: z.string().nullable(),
  refusal: z.null(),
  tool_calls: z.array(toolCallSchema).optional(),
})

export const chatCompletionSchema = z.strictObject({
  id: z.string(),
  object: z.literal('chat.completion'),
  created: z.int(),
  model: z.string(),
  choices: z.array(
    z.strictObject({
      index: z.int(),
      message: messageSchema,
      logprobs: logprobsSchema.nullable(),
      finish_reason: finishReasonSchema,
    }),
  ),
  usage: usageSchema,
  metrics: speculationMetricsSchema.optional(),
})
export type ChatCompletion = z.infer<typeof chatCompletionSchema>

export const chatCompletionChunkSchema = z.strictObject({
  id: z.string(),
  object: z.literal('chat.completion.chunk'),
  created: z.int(),
  model: z.string(),
  /** Empty in the last chunk when it brings usage or metrics. */
  choices: z.array(
    z.strictObject({
      index: z.int(),
      delta: z.strictObject({
        role: z.literal('assistant').optional(),
        content: z.string().optional(),
        tool_calls: z.array(toolCallDeltaSchema).optional(),
      }),
      logprobs: logprobsSchema.nullable(),
      finish_reason: finishReasonSchema.nullable(),
    }),
  ),
  /** With `include_usage`: null in every chunk but the last. */
  usage: usageSchema.nullable().optional(),
  /** With `include_obfuscation`: what makes the chunk as long as others. */
  obfuscation: z.string().optional(),
  metrics: speculationMetricsSchema.optional(),
})
export type ChatCompletionChunk = z.infer<typeof chatCompletionChunkSchema>
