import { z } from 'zod'
import { ApiError } from '../../errors/api-error.ts'
import { CHOICES_MAX, completionUnsupported, sharedParameters } from '../parameters.ts'
import { optional, parseBody, withDefault } from '../parse.ts'
import { checkStreamOptions, combination } from '../rules.ts'
import { checkStructured } from '../structured.ts'

/** OpenAI's default for this endpoint. */
const COMPLETION_TOKENS_DEFAULT = 16

const tokensSchema = z.array(z.int().nonnegative()).min(1)

export type Prompt = { readonly text: string } | { readonly tokens: readonly number[] }

/** One prompt or several, as text or as token ids; always a list inside. */
const promptSchema = z.union([
  z.string().transform((text): Prompt[] => [{ text }]),
  z
    .array(z.string())
    .min(1)
    .transform((texts): Prompt[] => texts.map((text) => ({ text }))),
  tokensSchema.transform((tokens): Prompt[] => [{ tokens }]),
  z
    .array(tokensSchema)
    .min(1)
    .transform((lists): Prompt[] => lists.map((tokens) => ({ tokens }))),
])

export const completionRequestSchema = z.strictObject({
  ...sharedParameters,
  prompt: promptSchema,
  max_tokens: withDefault(z.int().min(1), COMPLETION_TOKENS_DEFAULT),
  echo: withDefault(z.boolean(), false),
  best_of: optional(z.int().min(1)),
  logprobs: optional(z.int().min(0).max(5)),
})
export type CompletionRequest = z.infer<typeof completionRequestSchema>

/** Body of POST /v1/completions. Throws an ApiError that names the first parameter at fault. */
export function parseCompletionRequest(body: unknown): CompletionRequest {
  const request = parseBody(completionRequestSchema, completionUnsupported, body)
  checkStreamOptions(request)
  checkStructured(request)
  if (request.best_of !== undefined && request.best_of !== request.n) {
    throw new ApiError('unsupported_parameter', { values: { name: 'best_of' }, param: 'best_of' })
  }
  if (request.prompt.length * request.n > CHOICES_MAX) {
    throw combination(`Prompts times 'n' must be at most ${CHOICES_MAX}.`, 'n')
  }
  if (request.echo) checkEcho(request)
  return request
}

/** Echo repeats the tenant's own text; token ids and prompt logprobs would need the model. */
function checkEcho(request: CompletionRequest): void {
  if (request.logprobs !== undefined) throw combination("'echo' does not support 'logprobs' here.", 'echo')
  if (request.prompt.some((prompt) => 'tokens' in prompt)) {
    throw combination("'echo' does not support prompts of token ids here.", 'echo')
  }
}
