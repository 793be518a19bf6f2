import { z } from 'zod'
import { armSchema } from '../rpc.ts'
import { anything, emptyList, never, oneOf, optional, type UnsupportedParameters, withDefault } from './parse.ts'
import { structuredParameters } from './structured.ts'

export const CHOICES_MAX = 128
const STOP_CHARACTERS_MAX = 1_000

const stopString = z.string().min(1).max(STOP_CHARACTERS_MAX)

/** OpenAI's `speculation`-free world ends here: how a request steers its own drafts. It can't change the output. */
const speculationSchema = z.strictObject({
  arm: withDefault(z.enum([...armSchema.options, 'auto']), 'auto'),
  lookahead: optional(z.int().min(0).max(16)),
  /** Asks for `metrics.speculative_decoding` in the answer. */
  metrics: withDefault(z.boolean(), false),
})

/**
 * Parameters that both endpoints share: OpenAI's; vLLM's `top_k`, `min_p`, `repetition_penalty` and `structured_outputs`;
 * and `speculation`.
 */
export const sharedParameters = {
  model: z.string().min(1),
  stream: withDefault(z.boolean(), false),
  stream_options: optional(
    z.strictObject({
      include_usage: withDefault(z.boolean(), false),
      include_obfuscation: withDefault(z.boolean(), false),
    }),
  ),
  n: withDefault(z.int().min(1).max(CHOICES_MAX), 1),
  max_tokens: optional(z.int().min(1)),
  temperature: withDefault(z.number().min(0).max(2), 1),
  top_p: withDefault(z.number().min(0).max(1), 1),
  presence_penalty: withDefault(z.number().min(-2).max(2), 0),
  frequency_penalty: withDefault(z.number().min(-2).max(2), 0),
  logit_bias: withDefault(z.record(z.string().regex(/^\d{1,9}$/), z.number().min(-100).max(100)), {}),
  seed: optional(z.int()),
  stop: withDefault(z.union([stopString.transform((one) => [one]), z.array(stopString).max(4)]), []),
  top_k: withDefault(z.int().min(-1), 0),
  min_p: withDefault(z.number().min(0).max(1), 0),
  repetition_penalty: withDefault(z.number().gt(0).max(10), 1),
  ...structuredParameters,
  speculation: withDefault(speculationSchema, { arm: 'auto', lookahead: undefined, metrics: false }),
  /** Labels of the tenant's own; Foretoken keeps neither. */
  user: optional(z.string().max(1_000)),
  metadata: optional(
    z
      .record(z.string().max(64), z.string().max(512))
      .refine((entries) => Object.keys(entries).length <= 16, 'expected at most 16 entries'),
  ),
} as const

/** Of both endpoints: hints that change no byte, and promises that Foretoken can't keep. */
export const sharedUnsupported: UnsupportedParameters = {
  service_tier: oneOf('auto', 'default'),
  safety_identifier: anything,
  prompt_cache_key: anything,
  prompt_cache_retention: anything,
}

export const chatUnsupported: UnsupportedParameters = {
  ...sharedUnsupported,
  store: oneOf(false),
  tools: emptyList,
  tool_choice: oneOf('none', 'auto'),
  parallel_tool_calls: anything,
  functions: emptyList,
  function_call: oneOf('none', 'auto'),
  modalities: (value) => Array.isArray(value) && value.length === 1 && value[0] === 'text',
  audio: never,
  prediction: never,
  reasoning_effort: oneOf('none'),
  verbosity: oneOf('medium'),
  web_search_options: never,
}

export const completionUnsupported: UnsupportedParameters = {
  ...sharedUnsupported,
  suffix: oneOf(''),
}
