import { sql } from 'drizzle-orm'
import { boolean, check, foreignKey, index, integer, jsonb, pgTable, smallint, text } from 'drizzle-orm/pg-core'
import { instant } from './columns.ts'
import { apiKeys } from './keys.ts'

export const REQUEST_ENDPOINTS = ['chat.completions', 'completions', 'responses'] as const
export const REQUEST_STATUSES = ['completed', 'cancelled', 'failed'] as const

/**
 * Usage: one row per request, written once when it ends. Counters are totals of the request, never deltas, and the
 * primary key makes a retried write a no-op, so no failure can bill a request twice.
 */
export const requests = pgTable(
  'requests',
  {
    id: text('id').primaryKey(),
    tenantId: text('tenant_id').notNull(),
    keyId: text('key_id').notNull(),
    model: text('model').notNull(),
    endpoint: text('endpoint', { enum: REQUEST_ENDPOINTS }).notNull(),
    startedAt: instant('started_at').notNull(),
    finishedAt: instant('finished_at').notNull(),
    promptTokens: integer('prompt_tokens').notNull(),
    /** Part of promptTokens, not an addition to it. */
    cachedTokens: integer('cached_tokens').notNull(),
    completionTokens: integer('completion_tokens').notNull(),
    status: text('status', { enum: REQUEST_STATUSES }).notNull(),
    errorCode: text('error_code'),
    stream: boolean('stream').notNull(),
    /** A request that its tenant may repeat by an idempotency key is one row; what a later attempt says stands. */
    attempt: smallint('attempt').notNull().default(1),
    /** Speculation's summary; null where nothing was verified, e.g. a request that failed early. */
    verificationSteps: integer('verification_steps'),
    draftTokens: integer('draft_tokens'),
    acceptedTokens: integer('accepted_tokens'),
    lookaheadMax: integer('lookahead_max'),
    /** histogram[j]: steps that accepted exactly j draft tokens. */
    acceptanceHistogram: integer('acceptance_histogram').array(),
    /** The tenant's own draft that took part. */
    draftVersion: text('draft_version'),
    armSteps: jsonb('arm_steps').$type<Readonly<Record<string, number>>>(),
  },
  (table) => [
    /** Both columns, so that no row can pair one tenant with another tenant's key. */
    foreignKey({ columns: [table.tenantId, table.keyId], foreignColumns: [apiKeys.tenantId, apiKeys.id] }),
    /** Serves `usageTotals`: one tenant's requests that ended in a period. */
    index('requests_tenant_id_finished_at').on(table.tenantId, table.finishedAt),
    /** Serves `trafficBetween`. */
    index('requests_finished_at').on(table.finishedAt),
    check('requests_endpoint', sql`${table.endpoint} in ('chat.completions', 'completions', 'responses')`),
    check('requests_status', sql`${table.status} in ('completed', 'cancelled', 'failed')`),
    check(
      'requests_tokens',
      sql`${table.promptTokens} >= 0 and ${table.completionTokens} >= 0
        and ${table.cachedTokens} between 0 and ${table.promptTokens}`,
    ),
  ],
)
