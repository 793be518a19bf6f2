import { ERRORS, type ErrorCode, errorEnvelopeSchema } from '@foretoken/protocol'
import { idSchema } from '@foretoken/protocol/admin'
import { z } from 'zod'
import { ADMIN_OPERATIONS, ADMIN_PREFIX } from '../admin/index.ts'
import { SELF_OPERATIONS, SELF_PREFIX } from '../self/operations.ts'
import type { Described } from './described.ts'
import { HEALTH, INFERENCE } from './inference.ts'

export interface OpenApiDocument {
  readonly openapi: '3.1.1'
  readonly info: Json
  readonly tags: readonly Json[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, DocumentedOperation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Json>>; readonly securitySchemes: Json }
}

export interface DocumentedOperation {
  readonly operationId: string
  readonly summary: string
  readonly tags: readonly string[]
  readonly description: string
  readonly security: readonly Json[]
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly required: boolean; readonly content: Content }
  /** By status. */
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content: Content }>>
}

interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query'
  readonly required: boolean
  readonly schema: Json
}

/** By media type. */
type Content = Readonly<Record<string, { readonly schema: Json }>>

type Json = Readonly<Record<string, unknown>>

interface Section {
  readonly tag: string
  readonly about: string
  readonly prefix: string
  /** Whose keys open it; null: it is open. */
  readonly security: 'tenantKey' | 'adminKey' | null
  /** What any of its operations can answer. */
  readonly fails: readonly ErrorCode[]
  readonly operations: readonly Described[]
}

const TENANT_FAILS = ['invalid_api_key', 'missing_scope', 'authentication_unavailable', 'internal_error'] as const
const ADMIN_FAILS = [
  ...(['invalid_admin_key', 'role_forbidden', 'too_many_attempts', 'authentication_unavailable'] as const),
  'internal_error' as const,
]

const SECTIONS: readonly Section[] = [
  {
    tag: 'Inference',
    about: "OpenAI's API, vLLM's tokenizer endpoints",
    prefix: '',
    security: 'tenantKey',
    fails: TENANT_FAILS,
    operations: INFERENCE,
  },
  {
    tag: 'Your tenant',
    about: 'What a tenant sees and decides of itself',
    prefix: SELF_PREFIX,
    security: 'tenantKey',
    fails: TENANT_FAILS,
    operations: SELF_OPERATIONS,
  },
  {
    tag: 'Admin',
    about: "For operators, with credentials of their own; a role's permissions are those of each operation",
    prefix: ADMIN_PREFIX,
    security: 'adminKey',
    fails: ADMIN_FAILS,
    operations: ADMIN_OPERATIONS,
  },
  { tag: 'Health', about: 'For load balancers', prefix: '', security: null, fails: [], operations: HEALTH },
]

/** The whole API as an OpenAPI 3.1 document, made of the schemas that read requests and that answers are typed by. */
export function openApiDocument(): OpenApiDocument {
  const schemas: Record<string, Json> = { Error: jsonSchema(errorEnvelopeSchema, 'output') }
  const paths: Record<string, Record<string, DocumentedOperation>> = {}
  for (const section of SECTIONS) {
    for (const operation of section.operations) {
      const path = section.prefix + operation.path
      paths[path] = { ...paths[path], [operation.method]: documented(section, operation, schemas) }
    }
  }
  const bearer = (prefix: string, of: string) => ({ type: 'http', scheme: 'bearer', description: `${of}, ${prefix}…` })
  return {
    openapi: '3.1.1',
    info: { title: 'Foretoken', version: '1', license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    tags: SECTIONS.map(({ tag, about }) => ({ name: tag, description: about })),
    paths,
    components: {
      schemas,
      securitySchemes: {
        tenantKey: bearer('ftk_', 'An API key'),
        adminKey: bearer('fta_', "An operator's credential"),
      },
    },
  }
}

function documented(section: Section, operation: Described, schemas: Record<string, Json>): DocumentedOperation {
  const { name, summary, access, body, query, path } = operation
  const title = name.charAt(0).toUpperCase() + name.slice(1)
  const reference = (kind: string, schema: z.ZodType, io: 'input' | 'output') => {
    schemas[title + kind] = jsonSchema(schema, io)
    return { $ref: `#/components/schemas/${title}${kind}` }
  }
  const parameters = [...pathParameters(path), ...queryParameters(query)]
  return {
    operationId: name,
    summary,
    tags: [section.tag],
    description: section.security === null || access === 'anyone' ? summary : `${summary}. Needs \`${access}\`.`,
    security: section.security === null ? [] : [{ [section.security]: [] }],
    ...(parameters.length > 0 && { parameters }),
    ...(body && {
      requestBody: {
        required: !body.safeParse({}).success,
        content: { 'application/json': { schema: reference('Request', body, 'input') } },
      },
    }),
    responses: {
      ...successes(operation, reference),
      ...failures([...section.fails, ...(operation.fails ?? []), ...inputFails(operation)]),
    },
  }
}

type Reference = (kind: string, schema: z.ZodType, io: 'input' | 'output') => Json

function successes({ answer, status, streamed, streamEnd, alsoStatus }: Described, reference: Reference) {
  const content = {
    'application/json': { schema: reference('Answer', answer, 'output') },
    ...(streamed && {
      'text/event-stream': {
        schema: { type: 'string', description: `Events of \`data: \` and JSON; ${endOf(streamEnd)}.` },
        'x-event': reference('Event', streamed, 'output'),
      },
    }),
  }
  const response = { description: 'What was asked for', content }
  return { [status]: response, ...(alsoStatus && { [alsoStatus]: { ...response, description: 'Not now' } }) }
}

const endOf = (event: string | undefined) =>
  event === undefined ? 'the last one is `data: [DONE]`' : `the last one of a whole answer is \`${event}\``

/** One entry a status, which names the codes that its errors may have. */
function failures(codes: readonly ErrorCode[]) {
  const byStatus = new Map<number, Set<ErrorCode>>()
  for (const code of codes) {
    const { status } = ERRORS[code]
    byStatus.set(status, (byStatus.get(status) ?? new Set()).add(code))
  }
  const content = { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } }
  return Object.fromEntries(
    [...byStatus].map(([status, each]) => [status, { description: `\`${[...each].join('`, `')}\``, content }]),
  )
}

/** What reading the request can find wrong with it. */
function inputFails({ body, query }: Described): ErrorCode[] {
  const reading = [
    ...(['missing_required_parameter', 'unknown_parameter', 'invalid_type', 'invalid_value'] as const),
    ...(['unsupported_parameter', 'unsupported_value', 'invalid_parameter_combination'] as const),
  ]
  if (body) return ['invalid_json', ...reading, 'request_too_large']
  return query ? ['unknown_parameter', 'invalid_value'] : []
}

function pathParameters(path: string): Parameter[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: name === 'model' ? { type: 'string', minLength: 1 } : jsonSchema(idSchema, 'input'),
  }))
}

const objectSchema = z.looseObject({
  properties: z.record(z.string(), z.record(z.string(), z.unknown())).default({}),
  required: z.array(z.string()).default([]),
})

function queryParameters(query: z.ZodType | undefined): Parameter[] {
  if (!query) return []
  const { properties, required } = objectSchema.parse(jsonSchema(query, 'input'))
  return Object.entries(properties).map(([name, schema]) => {
    return { name, in: 'query', required: required.includes(name), schema }
  })
}

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' })
  return rest
}
