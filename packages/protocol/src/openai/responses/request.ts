import { z } from 'zod'
import { checkTools, functionFields, functionName } from '../chat/tools.ts'
import { sharedParameters, sharedUnsupported } from '../parameters.ts'
import {
  anything,
  emptyList,
  never,
  oneOf,
  optional,
  parseBody,
  type UnsupportedParameters,
  withDefault,
} from '../parse.ts'
import { checkStreamOptions, combination } from '../rules.ts'
import { schemaText } from '../structured.ts'
import { type InputItem, inputItemSchema } from './items.ts'

/** A function stands in its tool here, not in an object of its own. */
const toolSchema = z
  .strictObject({ type: z.enum(['function']), ...functionFields })
  .transform(({ type, ...described }) => ({ type, function: described }))

const toolChoice = z.union([
  z.enum(['none', 'auto', 'required']),
  z.strictObject({ type: z.enum(['function']), name: functionName }).transform(({ name }) => ({ name })),
])

const textFormat = z.strictObject({
  type: z.enum(['text', 'json_object', 'json_schema']),
  name: optional(z.string().regex(/^[\w-]{1,64}$/, 'expected letters, digits, _ and -, at most 64')),
  description: optional(z.string()),
  schema: optional(schemaText),
  strict: withDefault(z.boolean(), false),
})

/** What chat has and OpenAI's responses have not works here as it does there, since the model is the same. */
const { n: _, max_tokens: __, response_format: ___, structured_outputs: ____, ...sampling } = sharedParameters

export const responsesRequestSchema = z.strictObject({
  ...sampling,
  stream_options: optional(z.strictObject({ include_obfuscation: withDefault(z.boolean(), false) })),
  input: z.union([
    z.string().transform((content): InputItem[] => [{ type: 'message', role: 'user', content }]),
    z.array(inputItemSchema).min(1).max(10_000),
  ]),
  instructions: optional(z.string()),
  max_output_tokens: optional(z.int().min(1)),
  previous_response_id: optional(z.string().min(1).max(256)),
  store: withDefault(z.boolean(), true),
  text: optional(z.strictObject({ format: optional(textFormat), verbosity: optional(z.enum(['medium'])) })),
  tools: withDefault(z.array(toolSchema).max(128), []),
  tool_choice: withDefault(toolChoice, 'auto'),
  parallel_tool_calls: withDefault(z.boolean(), true),
  top_logprobs: optional(z.int().min(0).max(20)),
  /** Of all that can be asked for, only the scores of tokens are ever there. */
  include: withDefault(z.array(z.string()).max(32), []),
})
export type ResponsesRequest = z.infer<typeof responsesRequestSchema>

const responsesUnsupported: UnsupportedParameters = {
  ...sharedUnsupported,
  background: oneOf(false),
  context_management: emptyList,
  conversation: never,
  max_tool_calls: anything,
  moderation: never,
  prompt: never,
  prompt_cache_options: anything,
  reasoning: (value) => reasonless.safeParse(value).success,
  truncation: oneOf('disabled'),
}
const reasonless = z.strictObject({ effort: z.literal('none').nullish(), summary: z.null().optional() })

export const LOGPROBS = 'message.output_text.logprobs'

/** Body of POST /v1/responses. Throws an ApiError that names the first parameter at fault. */
export function parseResponsesRequest(body: unknown): ResponsesRequest {
  const request = parseBody(responsesRequestSchema, responsesUnsupported, body)
  checkStreamOptions(request)
  checkTools(request, { nameOf: (at) => `tools[${at}].name`, choice: 'tool_choice.name' })
  if (request.top_logprobs !== undefined && !request.include.includes(LOGPROBS)) {
    throw combination(`'include' must hold '${LOGPROBS}' when 'top_logprobs' is given.`, 'top_logprobs')
  }
  const { format } = request.text ?? {}
  if (format && (format.type === 'json_schema') !== (format.schema !== undefined)) {
    const reason = "'text.format.schema' must be given with the type 'json_schema', and only with it."
    throw combination(reason, 'text.format.schema')
  }
  return request
}
