import { z } from 'zod'
import { idSchema, limitSchema, listOf, tenantNameSchema, timeSchema } from './list.ts'

const settings = {
  /** Whether its traffic may teach its draft. */
  learning: z.boolean(),
  plan: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,62}$/i),
  weight: z.number().min(0.01).max(100),
  /** Whether the scheduler trains nothing of it. */
  held: z.boolean(),
  /** Whether its drafts are tried on new weights of their target. */
  rollouts: z.boolean(),
} as const

export const tenantSchema = z.strictObject({
  object: z.literal('tenant'),
  id: z.string(),
  name: z.string(),
  status: z.enum(['active', 'disabled', 'deleted']),
  learning: z.boolean(),
  plan: z.string(),
  weight: z.number(),
  held: z.boolean(),
  rollouts: z.boolean(),
  created_at: timeSchema,
  /** What was learned before then is forgotten. */
  forgotten_at: timeSchema.nullable(),
})
export type TenantObject = z.infer<typeof tenantSchema>

export const tenantListSchema = listOf(tenantSchema)

export const tenantQuerySchema = z.strictObject({
  limit: limitSchema,
  after: idSchema.optional(),
  /** Part of a name, or a whole id. */
  search: z
    .string()
    .min(1)
    .max(100)
    .regex(/^\P{C}+$/u)
    .optional(),
  status: z.enum(['active', 'disabled', 'deleted']).optional(),
})

export const createTenantSchema = z.strictObject({ name: tenantNameSchema })

export const changeTenantSchema = z.strictObject({ ...settings, status: z.enum(['active', 'disabled']) }).partial()

/** Nothing of it is served or trained from now on; the scheduler deletes the files in its next round. */
export const deletionSchema = z.strictObject({
  object: z.literal('deletion'),
  tenant: z.string(),
  forgotten_at: timeSchema,
  /** Draft versions that can serve no more, and training runs that were ended. */
  drafts: z.int(),
  training_runs: z.int(),
})
export type DeletionObject = z.infer<typeof deletionSchema>
