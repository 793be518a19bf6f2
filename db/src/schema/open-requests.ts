import { boolean, foreignKey, index, integer, pgTable, smallint, text } from 'drizzle-orm/pg-core'
import { instant } from './columns.ts'
import { apiKeys } from './keys.ts'
import { REQUEST_ENDPOINTS } from './requests.ts'

/**
 * What requests that still run have used by now, as far as it was written down. A row goes when the request's usage is
 * written; one whose gateway is gone becomes its usage.
 */
export const openRequests = pgTable(
  'open_requests',
  {
    id: text('id').primaryKey(),
    /** The process that serves it. */
    gatewayId: text('gateway_id').notNull(),
    tenantId: text('tenant_id').notNull(),
    keyId: text('key_id').notNull(),
    model: text('model').notNull(),
    endpoint: text('endpoint', { enum: REQUEST_ENDPOINTS }).notNull(),
    startedAt: instant('started_at').notNull(),
    seenAt: instant('seen_at').notNull(),
    promptTokens: integer('prompt_tokens').notNull(),
    cachedTokens: integer('cached_tokens').notNull(),
    completionTokens: integer('completion_tokens').notNull(),
    stream: boolean('stream').notNull(),
    attempt: smallint('attempt').notNull().default(1),
  },
  (table) => [
    foreignKey({ columns: [table.tenantId, table.keyId], foreignColumns: [apiKeys.tenantId, apiKeys.id] }),
    /** Serves `settleLostRequests`. */
    index('open_requests_gateway').on(table.gatewayId),
  ],
)
