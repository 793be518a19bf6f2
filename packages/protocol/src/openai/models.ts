import { z } from 'zod'

export const modelSchema = z.strictObject({
  id: z.string(),
  object: z.literal('model'),
  /** Seconds since 1970. */
  created: z.int(),
  owned_by: z.string(),
  /** Tokens of prompt and completion together; vLLM's name. */
  max_model_len: z.int(),
})
export type Model = z.infer<typeof modelSchema>

export const modelListSchema = z.strictObject({ object: z.literal('list'), data: z.array(modelSchema) })
export type ModelList = z.infer<typeof modelListSchema>
