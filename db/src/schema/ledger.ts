import { sql } from 'drizzle-orm'
import {
  bigint,
  bigserial,
  check,
  foreignKey,
  index,
  integer,
  pgTable,
  primaryKey,
  smallint,
  text,
} from 'drizzle-orm/pg-core'
import { instant, nano } from './columns.ts'
import { apiKeys } from './keys.ts'
import { prices } from './prices.ts'
import { requests } from './requests.ts'

/**
 * What was billed, for ever: rows are added, never changed (a trigger refuses it). A row is the whole bill of a request
 * as of its revision, never a difference, so a write that is repeated meets its own primary key and adds nothing. The
 * highest revision stands; what it changes about a lower one is a correction.
 *
 * Everything that an export tells is in the row itself: a closed period can be exported again, to the byte, whatever
 * happened to other tables.
 */
export const ledger = pgTable(
  'ledger',
  {
    /** The order of posting: `billing_periods` closes by it. */
    id: bigserial('id', { mode: 'number' }).notNull(),
    requestId: text('request_id')
      .notNull()
      .references(() => requests.id),
    /** Odd: what others knew of an attempt whose gateway was lost. Even: what its gateway says itself, which stands. */
    revision: smallint('revision').notNull(),
    tenantId: text('tenant_id').notNull(),
    keyId: text('key_id').notNull(),
    model: text('model').notNull(),
    /** Null: none was in force when the request began, so it was free. */
    priceId: text('price_id').references(() => prices.id),
    startedAt: instant('started_at').notNull(),
    finishedAt: instant('finished_at').notNull(),
    status: text('status').notNull(),
    /** What is billed, by the rules of `@foretoken/metering`; cached tokens are no part of the input here. */
    inputTokens: integer('input_tokens').notNull(),
    cachedTokens: integer('cached_tokens').notNull(),
    outputTokens: integer('output_tokens').notNull(),
    inputNano: nano('input_nano').notNull(),
    cachedNano: nano('cached_nano').notNull(),
    outputNano: nano('output_nano').notNull(),
    totalNano: nano('total_nano').notNull(),
    /** What speculation did for it: shown, not charged. Null where no worker told. */
    arm: text('arm'),
    draftVersion: text('draft_version'),
    draftTokens: integer('draft_tokens'),
    acceptedTokens: integer('accepted_tokens'),
    verificationSteps: integer('verification_steps'),
    postedAt: instant('posted_at').notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.requestId, table.revision] }),
    foreignKey({ columns: [table.tenantId, table.keyId], foreignColumns: [apiKeys.tenantId, apiKeys.id] }),
    /** Serves exports of what was posted late. */
    index('ledger_id').on(table.id),
    /** Serves `setLimits` and the usage of one tenant. */
    index('ledger_tenant_id_finished_at').on(table.tenantId, table.finishedAt),
    /** Serves exports of a period. */
    index('ledger_finished_at').on(table.finishedAt),
    check('ledger_total', sql`${table.totalNano} = ${table.inputNano} + ${table.cachedNano} + ${table.outputNano}`),
    check('ledger_tokens', sql`least(${table.inputTokens}, ${table.cachedTokens}, ${table.outputTokens}) >= 0`),
  ],
)

/**
 * Billing periods that are closed. What is posted behind the watermark of the period it belongs to goes to the first
 * period that is still open by then, as a correction.
 */
export const billingPeriods = pgTable(
  'billing_periods',
  {
    /** A month in UTC, `2026-11`. */
    period: text('period').primaryKey(),
    closedAt: instant('closed_at').notNull().defaultNow(),
    /** The last ledger id when it was closed; nothing lower was still being written. */
    watermark: bigint('watermark', { mode: 'number' }).notNull(),
  },
  (table) => [check('billing_periods_period', sql`${table.period} ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'`)],
)
