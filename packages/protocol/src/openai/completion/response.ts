import { z } from 'zod'
import { speculationMetricsSchema } from '../speculation-metrics.ts'
import { usageSchema } from '../usage.ts'

const logprobsSchema = z.strictObject({
  tokens: z.array(z.string()),
  token_logprobs: z.array(z.number()),
  top_logprobs: z.array(z.record(z.string(), z.number())),
  /** Where each token starts in the choice's text, in UTF-16 units. */
  text_offset: z.array(z.int()),
})
export type CompletionLogprobs = z.infer<typeof logprobsSchema>

const base = {
  id: z.string(),
  object: z.literal('text_completion'),
  created: z.int(),
  model: z.string(),
  metrics: speculationMetricsSchema.optional(),
} as const

const choice = { index: z.int(), text: z.string(), logprobs: logprobsSchema.nullable() } as const
const finishReasonSchema = z.enum(['stop', 'length'])

export const completionSchema = z.strictObject({
  ...base,
  /** Index = prompt × n + choice. */
  choices: z.array(z.strictObject({ ...choice, finish_reason: finishReasonSchema })),
  usage: usageSchema,
})
export type Completion = z.infer<typeof completionSchema>

/** A streamed part; its `object` is the same as a whole completion's. */
export const completionChunkSchema = z.strictObject({
  ...base,
  choices: z.array(z.strictObject({ ...choice, finish_reason: finishReasonSchema.nullable() })),
  usage: usageSchema.nullable().optional(),
  /** With `include_obfuscation`: what makes the chunk as long as others. */
  obfuscation: z.string().optional(),
})
export type CompletionChunk = z.infer<typeof completionChunkSchema>
