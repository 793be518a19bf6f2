import type { z } from 'zod'
import { ApiError } from '../errors/api-error.ts'
import { toApiError } from './issues.ts'

/** Whether a value of an unsupported parameter asks for nothing: leaving the parameter out would give the same answer. */
export type Harmless = (value: unknown) => boolean

export const never: Harmless = () => false
export const anything: Harmless = () => true
export const emptyList: Harmless = (value) => Array.isArray(value) && value.length === 0
export const oneOf =
  (...values: readonly unknown[]): Harmless =>
  (value) =>
    values.includes(value)

/** Parameters that OpenAI knows and Foretoken does not, each with the values that do no harm; null never does. */
export type UnsupportedParameters = Readonly<Record<string, Harmless>>

/**
 * Reads a request body: unsupported parameters first, so that `tools` is never answered with "unrecognized", then the
 * schema. Throws the ApiError of the first fault, as OpenAI does.
 */
export function parseBody<Schema extends z.ZodType>(
  schema: Schema,
  unsupported: UnsupportedParameters,
  body: unknown,
): z.output<Schema> {
  const supported = dropHarmless(body, unsupported, '')
  const parsed = schema.safeParse(supported)
  if (parsed.success) return parsed.data
  throw toApiError(parsed.error.issues, supported)
}

/** The object without its unsupported but harmless parameters. Anything that is no object passes: the schema judges it. */
export function dropHarmless(body: unknown, unsupported: UnsupportedParameters, path: string): unknown {
  if (!isObject(body)) return body
  const entries = Object.entries(body)
  const kept = entries.filter(([name, value]) => {
    if (name === '__proto__') return false
    if (!Object.hasOwn(unsupported, name)) return true
    if (value !== null && !unsupported[name]?.(value)) {
      throw new ApiError('unsupported_parameter', { values: { name: path + name }, param: path + name })
    }
    return false
  })
  return kept.length === entries.length ? body : Object.fromEntries(kept)
}

/** An object of JSON that is no list. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Clients send null for "not set"; inside, there is one way to be absent. */
export function optional<Schema extends z.ZodType>(schema: Schema) {
  return schema.nullish().transform((value) => value ?? undefined)
}

export function withDefault<Schema extends z.ZodType>(schema: Schema, fallback: z.output<Schema>) {
  return schema.nullish().transform((value) => value ?? fallback)
}
