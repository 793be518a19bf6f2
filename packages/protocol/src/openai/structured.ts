import { z } from 'zod'
import type { GenerateCall } from '../rpc.ts'
import { isObject, optional, withDefault } from './parse.ts'
import { combination } from './rules.ts'

const CHARACTERS_MAX = 1 << 16

const isSchema = (value: unknown) => typeof value === 'boolean' || isObject(value)

/** A schema in JSON again: workers read it. */
const schema = z
  .unknown()
  .refine((value) => value !== undefined && isSchema(value), 'expected a JSON schema, an object')
  .transform(toJson)

function toJson(value: unknown, ctx: z.RefinementCtx): string {
  let json: string | undefined
  try {
    json = JSON.stringify(value)
  } catch {
    // Nested deeper than any stack.
  }
  if (json !== undefined && json.length <= CHARACTERS_MAX) return json
  ctx.addIssue({ code: 'custom', message: `expected at most ${CHARACTERS_MAX} characters of JSON` })
  return z.NEVER
}

/** OpenAI's: free text, any JSON object, or JSON that follows a schema. `strict` or not, it always does here. */
const responseFormatSchema = z.strictObject({
  type: z.enum(['text', 'json_object', 'json_schema']),
  json_schema: optional(
    z.strictObject({
      name: z.string().regex(/^[\w-]{1,64}$/, 'expected letters, digits, _ and -, at most 64'),
      description: optional(z.string()),
      schema,
      strict: withDefault(z.boolean(), false),
    }),
  ),
})

/** vLLM's: one of these. Its switches for blanks and fallbacks ask for what is so anyway. */
const structuredOutputsSchema = z.strictObject({
  json: optional(z.union([z.string().min(1).max(CHARACTERS_MAX), schema])),
  json_object: optional(z.boolean()),
  regex: optional(z.string().min(1).max(CHARACTERS_MAX)),
  choice: optional(z.array(z.string().min(1).max(CHARACTERS_MAX)).min(1).max(10_000)),
  grammar: optional(z.string().min(1).max(CHARACTERS_MAX)),
  disable_any_whitespace: optional(z.boolean()),
  disable_fallback: optional(z.boolean()),
})

/** How a request says what its text may be. */
export const structuredParameters = {
  response_format: optional(responseFormatSchema),
  structured_outputs: optional(structuredOutputsSchema),
} as const

export interface StructuredRequest {
  readonly response_format?: z.output<typeof responseFormatSchema> | undefined
  readonly structured_outputs?: z.output<typeof structuredOutputsSchema> | undefined
}

type Constraint = NonNullable<GenerateCall['constraint']>

/** @throws ApiError where two things are asked for, or nothing whole */
export function checkStructured(request: StructuredRequest): void {
  const { response_format: format, structured_outputs: outputs } = request
  if (format && (format.type === 'json_schema') !== (format.json_schema !== undefined)) {
    const reason = "'response_format.json_schema' must be given with the type 'json_schema', and only with it."
    throw combination(reason, 'response_format.json_schema')
  }
  if (!outputs) return
  const asked = sourcesOf(outputs)
  if (asked.length !== 1) {
    const names = "'json', 'json_object', 'regex', 'choice' and 'grammar'"
    throw combination(`'structured_outputs' must have exactly one of ${names}.`, 'structured_outputs')
  }
  if (format && format.type !== 'text') {
    throw combination("'structured_outputs' and 'response_format' can't be set at the same time.", 'structured_outputs')
  }
}

/** What the text of a request may be, in the RPC's words; undefined: anything. */
export function constraintOf({ response_format, structured_outputs }: StructuredRequest): Constraint | undefined {
  if (response_format?.type === 'json_object') return { param: 'response_format', source: ANY_OBJECT }
  if (response_format?.json_schema) {
    const source = { kind: 'json', schema: response_format.json_schema.schema } as const
    return { param: 'response_format.json_schema.schema', source }
  }
  return structured_outputs && sourcesOf(structured_outputs)[0]
}

const ANY_OBJECT = { kind: 'json', schema: '{"type":"object"}' } as const

function sourcesOf(outputs: NonNullable<StructuredRequest['structured_outputs']>): Constraint[] {
  const { json, json_object, regex, choice, grammar } = outputs
  const of = (name: string, source: Constraint['source']): Constraint => ({
    param: `structured_outputs.${name}`,
    source,
  })
  return [
    ...(json === undefined ? [] : [of('json', { kind: 'json', schema: json })]),
    ...(json_object === true ? [of('json_object', ANY_OBJECT)] : []),
    ...(regex === undefined ? [] : [of('regex', { kind: 'regex', pattern: regex })]),
    ...(choice === undefined ? [] : [of('choice', { kind: 'choice', choices: choice })]),
    ...(grammar === undefined ? [] : [of('grammar', { kind: 'grammar', grammar })]),
  ]
}
