import { z } from 'zod'
import { listOf, nameSchema, timeSchema } from './list.ts'

const DAY_SECONDS = 86_400

export const keyScopeSchema = z.enum(['inference', 'usage:read', 'speculator:manage'])

export const keySchema = z.strictObject({
  object: z.literal('api_key'),
  id: z.string(),
  name: z.string(),
  /** E.g. `ftk_9aZx…Q2fD`. */
  shown: z.string(),
  scopes: z.array(keyScopeSchema),
  /** The key whose place it took. */
  replaces: z.string().nullable(),
  created_at: timeSchema,
  expires_at: timeSchema.nullable(),
  revoked_at: timeSchema.nullable(),
  last_used_at: timeSchema.nullable(),
})
export type KeyObject = z.infer<typeof keySchema>

export const keyListSchema = listOf(keySchema)

export const createKeySchema = z.strictObject({
  name: nameSchema,
  scopes: z.array(keyScopeSchema).min(1).max(3).default(['inference']),
  /** Absent: it does not end by itself. */
  expires_in_seconds: z
    .int()
    .min(1)
    .max(3_650 * DAY_SECONDS)
    .optional(),
})

/** With the secret, which is never shown again. */
export const newKeySchema = keySchema.extend({ secret: z.string() })

export const rotateKeySchema = z.strictObject({
  /** How long the old key goes on working. */
  overlap_seconds: z
    .int()
    .min(0)
    .max(90 * DAY_SECONDS)
    .default(DAY_SECONDS),
})

export const rotationSchema = z.strictObject({ object: z.literal('rotation'), made: newKeySchema, old: keySchema })

/** Of a tenant's key, or of an operator's credential. */
export const revocationSchema = z.strictObject({
  object: z.literal('revocation'),
  id: z.string(),
  revoked: z.literal(true),
})
