import { sql } from 'drizzle-orm'
import { check, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { ADMIN_ROLES } from '../admin-roles.ts'
import { bytes, createdAt, instant } from './columns.ts'

/** Credentials of operators, stored as tenants' keys are, and never one of them. */
export const adminKeys = pgTable(
  'admin_keys',
  {
    id: text('id').primaryKey(),
    name: text('name').notNull(),
    role: text('role', { enum: ADMIN_ROLES }).notNull(),
    secretHmac: bytes('secret_hmac').notNull(),
    shownStart: text('shown_start').notNull(),
    lastFour: text('last_four').notNull(),
    createdAt: createdAt(),
    expiresAt: instant('expires_at'),
    revokedAt: instant('revoked_at'),
    /** To the minute. */
    lastUsedAt: instant('last_used_at'),
  },
  (table) => [
    /** Serves `authenticateAdmin`. */
    uniqueIndex('admin_keys_secret_hmac').on(table.secretHmac),
    check('admin_keys_role', sql`${table.role} in ('owner', 'admin', 'billing', 'viewer')`),
  ],
)
