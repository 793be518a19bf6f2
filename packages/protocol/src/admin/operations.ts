import { z } from 'zod'
import { idSchema, limitSchema, listOf, nameSchema, timeSchema } from './list.ts'

export const processSchema = z.strictObject({
  object: z.literal('process'),
  id: z.string(),
  role: z.enum(['gateway', 'worker', 'trainer', 'scheduler']),
  state: z.enum(['ready', 'draining']),
  url: z.string().nullable(),
  host: z.string(),
  pid: z.int(),
  details: z.unknown(),
  started_at: timeSchema,
  seen_at: timeSchema,
})
export const processListSchema = listOf(processSchema)

/** Both ends as ISO 8601; absent: the last 30 days. */
export const usageQuerySchema = z.strictObject({
  from: timeSchema.optional(),
  to: timeSchema.optional(),
  limit: limitSchema,
  after: idSchema.optional(),
})

export const tenantUsageSchema = z.strictObject({
  object: z.literal('tenant_usage'),
  tenant: z.string(),
  name: z.string(),
  requests: z.int(),
  prompt_tokens: z.int(),
  /** Part of prompt_tokens. */
  cached_tokens: z.int(),
  completion_tokens: z.int(),
})
export const tenantUsageListSchema = listOf(tenantUsageSchema).extend({ from: timeSchema, to: timeSchema })

const hashSchema = z.string().regex(/^[0-9a-f]{64}$/)

/** `hash` is SHA-256 over the hash of the row before and this row's canonical JSON. */
export const auditRecordSchema = z.strictObject({
  object: z.literal('audit_record'),
  sequence: z.int(),
  at: timeSchema,
  actor: z.strictObject({ kind: z.enum(['admin', 'cli', 'tenant', 'system']), id: z.string() }),
  action: z.string(),
  subject: z.string(),
  tenant: z.string().nullable(),
  before: z.unknown(),
  after: z.unknown(),
  request: z.string().nullable(),
  hash: hashSchema,
})

/** Newest first; ids are sequences. */
export const auditListSchema = listOf(auditRecordSchema)

export const auditQuerySchema = z.strictObject({
  limit: limitSchema,
  /** A sequence: only what is older. */
  after: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER).optional(),
  tenant: idSchema.optional(),
})

const headSchema = z.strictObject({ sequence: z.int().min(0), hash: hashSchema })

export const verifyAuditSchema = z.strictObject({
  /** Ends of the log that were written down elsewhere. */
  known: z.array(headSchema).max(100).default([]),
})

export const auditVerificationSchema = z.strictObject({
  object: z.literal('audit_verification'),
  intact: z.boolean(),
  /** Where it ends; null where it is broken. */
  head: headSchema.nullable(),
  /** The first row that is not what it was, and what is wrong. */
  broken_at: z.int().nullable(),
  reason: z.string().nullable(),
})

export const adminRoleSchema = z.enum(['owner', 'admin', 'billing', 'viewer'])

export const adminSchema = z.strictObject({
  object: z.literal('admin'),
  id: z.string(),
  name: z.string(),
  role: adminRoleSchema,
  shown: z.string(),
  created_at: timeSchema,
  expires_at: timeSchema.nullable(),
  revoked_at: timeSchema.nullable(),
  last_used_at: timeSchema.nullable(),
})
export const adminListSchema = listOf(adminSchema)
export const newAdminSchema = adminSchema.extend({ secret: z.string() })
export const createAdminSchema = z.strictObject({
  name: nameSchema,
  role: adminRoleSchema,
  expires_in_seconds: z.int().min(1).max(315_360_000).optional(),
})

/** Who asks, and what they may do. */
export const selfSchema = z.strictObject({
  object: z.literal('self'),
  id: z.string(),
  name: z.string(),
  role: adminRoleSchema,
  permissions: z.array(z.string()),
})
