import { sql } from 'drizzle-orm'
import { boolean, check, pgTable, text } from 'drizzle-orm/pg-core'
import { createdAt, instant } from './columns.ts'

export const TENANT_STATUSES = ['active', 'revoked'] as const
export type TenantStatus = (typeof TENANT_STATUSES)[number]

/** Who owns keys, usage and everything learned. A revoked tenant keeps its rows: usage must stay accountable. */
export const tenants = pgTable(
  'tenants',
  {
    id: text('id').primaryKey(),
    /** Unique by its index, which also serves `findTenantByName`. */
    name: text('name').notNull().unique(),
    status: text('status', { enum: TENANT_STATUSES }).notNull().default('active'),
    /** Whether the tenant's traffic may teach its draft. Without it nothing of a request is kept for training. */
    learning: boolean('learning').notNull().default(true),
    /** What was recorded before belongs to nobody any more: see `forgetTenant`. */
    forgottenAt: instant('forgotten_at'),
    createdAt: createdAt(),
    revokedAt: instant('revoked_at'),
  },
  (table) => [check('tenants_status', sql`${table.status} in ('active', 'revoked')`)],
)
