import { sql } from 'drizzle-orm'
import { index, integer, pgTable, primaryKey, smallint, text } from 'drizzle-orm/pg-core'
import { bytes, createdAt, instant } from './columns.ts'
import { tenants } from './tenants.ts'

/**
 * Requests that a tenant named, so that it can send them again: who runs it, what is needed to compute the same bytes
 * anew, and at last the answer.
 */
export const idempotencyKeys = pgTable(
  'idempotency_keys',
  {
    tenantId: text('tenant_id')
      .notNull()
      .references(() => tenants.id),
    /** SHA-256 of the tenant's name for the request: it may say more than we want to keep. */
    keyHash: bytes('key_hash').notNull(),
    /** SHA-256 of endpoint and body: another one under the same name is refused. */
    requestHash: bytes('request_hash').notNull(),
    /** Of the first attempt, and of all that follow: one bill. */
    requestId: text('request_id').notNull(),
    seed: text('seed').notNull(),
    attempt: smallint('attempt').notNull().default(1),
    /** Who computes it; null when it has ended. */
    gatewayId: text('gateway_id'),
    leaseUntil: instant('lease_until'),
    /** The answer; null while there is none, and for one that was too large to keep: it is computed anew. */
    status: integer('status'),
    contentType: text('content_type'),
    body: bytes('body'),
    createdAt: createdAt(),
    expiresAt: instant('expires_at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.keyHash] }),
    /** Serves `removeExpiredIdempotencyKeys`. */
    index('idempotency_keys_expires_at').on(table.expiresAt),
    /** Serves `renewIdempotencyKeys`: few run at once. */
    index('idempotency_keys_gateway_id').on(table.gatewayId).where(sql`${table.gatewayId} is not null`),
  ],
)
