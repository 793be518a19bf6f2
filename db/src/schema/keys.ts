import { sql } from 'drizzle-orm'
import { type AnyPgColumn, check, pgTable, text, unique, uniqueIndex } from 'drizzle-orm/pg-core'
import { KEY_SCOPES } from '../key-scopes.ts'
import { bytes, createdAt, instant } from './columns.ts'
import { tenants } from './tenants.ts'

/** API keys. The secret itself is nowhere: only its HMAC, and enough characters for a person to recognise it. */
export const apiKeys = pgTable(
  'api_keys',
  {
    id: text('id').primaryKey(),
    tenantId: text('tenant_id')
      .notNull()
      .references(() => tenants.id),
    name: text('name').notNull(),
    /** HMAC-SHA-256 of the whole key under the deployment's pepper: a stolen table verifies no guess. */
    secretHmac: bytes('secret_hmac').notNull(),
    /** The first characters, prefix included. */
    shownStart: text('shown_start').notNull(),
    lastFour: text('last_four').notNull(),
    scopes: text('scopes', { enum: KEY_SCOPES }).array().notNull().default(['inference']),
    /** The key whose place this one took, so that usage can be followed through a rotation. */
    replacesId: text('replaces_id').references((): AnyPgColumn => apiKeys.id),
    createdAt: createdAt(),
    /** By the database's clock; null: it does not end by itself. */
    expiresAt: instant('expires_at'),
    revokedAt: instant('revoked_at'),
    /** To the minute: see `recordUsage`. */
    lastUsedAt: instant('last_used_at'),
  },
  (table) => [
    /** Serves `authenticate`, the only query that runs for each request; without it that is a scan of all keys. */
    uniqueIndex('api_keys_secret_hmac').on(table.secretHmac),
    /** Serves `listApiKeys`, and lets `requests` name (tenant, key) as one foreign key. */
    unique('api_keys_tenant_id_id').on(table.tenantId, table.id),
    check(
      'api_keys_scopes',
      sql`cardinality(${table.scopes}) > 0 and ${table.scopes} <@ array['inference', 'usage:read', 'speculator:manage']`,
    ),
  ],
)
