import { sql } from 'drizzle-orm'
import { boolean, check, pgTable, real, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { createdAt, instant } from './columns.ts'

export const TENANT_STATUSES = ['active', 'disabled', 'deleted'] as const
export type TenantStatus = (typeof TENANT_STATUSES)[number]

/**
 * Who owns keys, usage and everything learned. A deleted tenant keeps its row and its usage, which must stay
 * accountable; its name is free again.
 */
export const tenants = pgTable(
  'tenants',
  {
    id: text('id').primaryKey(),
    name: text('name').notNull(),
    status: text('status', { enum: TENANT_STATUSES }).notNull().default('active'),
    /** Whether the tenant's traffic may teach its draft. Without it nothing of a request is kept for training. */
    learning: boolean('learning').notNull().default(true),
    /** What was recorded before belongs to nobody any more: see `forgetTenant`. */
    forgottenAt: instant('forgotten_at'),
    /** Its share of a busy worker against other tenants': one of weight 2 gets twice the tokens of one of weight 1. */
    weight: real('weight').notNull().default(1),
    /** Names how much its saved time counts to the scheduler beside others'. */
    plan: text('plan').notNull().default('standard'),
    /** An operator wants no training of it until told otherwise. */
    held: boolean('held').notNull().default(false),
    /** Its drafts are tried on new weights of a target of the same form, instead of staying with the old ones. */
    rollouts: boolean('rollouts').notNull().default(false),
    createdAt: createdAt(),
    /** Since when its keys open nothing; null while it is active. */
    revokedAt: instant('revoked_at'),
  },
  (table) => [
    check('tenants_status', sql`${table.status} in ('active', 'disabled', 'deleted')`),
    /** One living tenant of a name, whoever asks at the same time; serves `findTenantByName`. */
    uniqueIndex('tenants_name').on(table.name).where(sql`${table.status} <> 'deleted'`),
    /** As reals: compared as doubles, the real nearest to 0.01 lies below 0.01. */
    check('tenants_weight', sql`${table.weight} between 0.01::real and 100::real`),
  ],
)
