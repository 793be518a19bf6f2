/** Bodies and answers of `/v1/foretoken`: what a tenant sees and decides of itself, with its own key. */
import { z } from 'zod'
import { acceptanceSchema, targetSchema } from '../admin/drafts.ts'
import { timeSchema } from '../admin/list.ts'

export const ownTenantSchema = z.strictObject({
  object: z.literal('tenant'),
  id: z.string(),
  name: z.string(),
  plan: z.string(),
  /** Whether its traffic may teach its draft. */
  learning: z.boolean(),
  /** What was learned before then is forgotten. */
  forgotten_at: timeSchema.nullable(),
})
export type OwnTenantObject = z.infer<typeof ownTenantSchema>

export const learningSchema = z.strictObject({ learning: z.boolean() })

/** Both ends as ISO 8601; absent: the last 30 days. */
export const periodQuerySchema = z.strictObject({ from: timeSchema.optional(), to: timeSchema.optional() })

export const ownUsageSchema = z.strictObject({
  object: z.literal('usage'),
  from: timeSchema,
  to: timeSchema,
  requests: z.int(),
  prompt_tokens: z.int(),
  /** Part of prompt_tokens. */
  cached_tokens: z.int(),
  completion_tokens: z.int(),
})

export const bucketWidthSchema = z.enum(['1h', '1d'])

export const acceptanceQuerySchema = periodQuerySchema.extend({ bucket_width: bucketWidthSchema.default('1d') })

/** Of one arm on one target, and one version of the draft where it has any, within one bucket. */
const armSchema = acceptanceSchema.extend({
  target: targetSchema,
  arm: z.string(),
  draft_version: z.string().nullable(),
  committed_tokens: z.int(),
  draft_tokens: z.int(),
  accepted_tokens: z.int(),
})

/** Only buckets in which something was verified. */
export const acceptanceInTimeSchema = z.strictObject({
  object: z.literal('acceptance'),
  from: timeSchema,
  to: timeSchema,
  bucket_width: bucketWidthSchema,
  data: z.array(z.strictObject({ start: timeSchema, arms: z.array(armSchema) })),
})
