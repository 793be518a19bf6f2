import { sql } from 'drizzle-orm'
import { bigint, check, index, pgTable, smallint, text, unique } from 'drizzle-orm/pg-core'
import { instant } from './columns.ts'
import { targets } from './targets.ts'
import { tenants } from './tenants.ts'

const counter = (name: string) => bigint(name, { mode: 'number' }).notNull()

/** How well each arm drafts for each tenant, by position in the draft and time bucket. Counters only ever grow. */
export const acceptanceStats = pgTable(
  'acceptance_stats',
  {
    tenantId: text('tenant_id')
      .notNull()
      .references(() => tenants.id),
    /** Null: counted before targets were told apart, see `registerTarget`. */
    targetId: text('target_id').references(() => targets.id),
    arm: text('arm').notNull(),
    /** Null for arms that have no trained draft. */
    draftVersion: text('draft_version'),
    /** 0 is the first draft token. */
    position: smallint('position').notNull(),
    /** Start of the bucket. */
    bucket: instant('bucket').notNull(),
    /** Verification steps and committed tokens of the arm: on position 0 only, so that any sum counts them once. */
    steps: counter('steps'),
    committed: counter('committed'),
    /** Draft tokens at this position that were verified, and those of them that were accepted. */
    proposed: counter('proposed'),
    accepted: counter('accepted'),
  },
  (table) => [
    /** Serves `recordAcceptance` (its conflict target) and, by its first columns, `acceptanceOf`. */
    unique('acceptance_stats_key')
      .on(table.tenantId, table.bucket, table.targetId, table.arm, table.draftVersion, table.position)
      .nullsNotDistinct(),
    /** Serves `stepsBetween`. */
    index('acceptance_stats_bucket').on(table.bucket),
    check('acceptance_stats_counts', sql`${table.accepted} <= ${table.proposed}`),
  ],
)

/** Batches of statistics that were added already, so that one that is written again adds nothing. */
export const acceptanceBatches = pgTable(
  'acceptance_batches',
  { id: text('id').primaryKey(), writtenAt: instant('written_at').notNull().defaultNow() },
  (table) => [
    /** Serves `condenseAcceptance`. */
    index('acceptance_batches_written_at').on(table.writtenAt),
  ],
)
