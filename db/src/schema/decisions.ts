import { sql } from 'drizzle-orm'
import { bigserial, boolean, doublePrecision, index, jsonb, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { instant } from './columns.ts'
import { targets } from './targets.ts'
import { tenants } from './tenants.ts'

export interface DecisionAlternative {
  readonly kind: string
  readonly value: number
}

/**
 * What the scheduler decided, and why: every decision that changed something, and of those that left things as they
 * are the latest of each topic.
 */
export const decisions = pgTable(
  'decisions',
  {
    id: bigserial('id', { mode: 'number' }).primaryKey(),
    tenantId: text('tenant_id')
      .notNull()
      .references(() => tenants.id),
    /** On which target; null: decided before targets were told apart, see `registerTarget`. */
    targetId: text('target_id').references(() => targets.id),
    /** What it was about: training, route, trial or place. */
    topic: text('topic').notNull(),
    kind: text('kind').notNull(),
    changes: boolean('changes').notNull(),
    /** Milliseconds of target time. */
    value: doublePrecision('value').notNull(),
    inputs: jsonb('inputs').$type<Readonly<Record<string, number>>>().notNull(),
    alternatives: jsonb('alternatives').$type<readonly DecisionAlternative[]>().notNull(),
    /** One sentence. */
    reason: text('reason').notNull(),
    decidedAt: instant('decided_at').notNull().defaultNow(),
  },
  (table) => [
    /** Serves `decisionsOf`. */
    index('decisions_tenant').on(table.tenantId, table.decidedAt),
    /** One row of a topic that waits; serves `recordDecisions`. */
    uniqueIndex('decisions_waiting').on(table.tenantId, table.targetId, table.topic).where(sql`not ${table.changes}`),
  ],
)
