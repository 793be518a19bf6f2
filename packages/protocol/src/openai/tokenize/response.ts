import { z } from 'zod'

/** vLLM's answers. */
export const tokenizeResponseSchema = z.strictObject({
  count: z.int(),
  max_model_len: z.int(),
  tokens: z.array(z.int()),
  /** As the vocabulary writes them; null where nobody asked. */
  token_strs: z.array(z.string()).nullable(),
})
export type TokenizeResponse = z.infer<typeof tokenizeResponseSchema>

export const detokenizeResponseSchema = z.strictObject({ prompt: z.string() })
export type DetokenizeResponse = z.infer<typeof detokenizeResponseSchema>
