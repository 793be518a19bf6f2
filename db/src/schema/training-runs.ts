import { sql } from 'drizzle-orm'
import { check, index, integer, jsonb, pgTable, real, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { createdAt, instant } from './columns.ts'
import { draftVersions } from './drafts.ts'
import { targets } from './targets.ts'
import { tenants } from './tenants.ts'

export const TRAINING_STATES = ['queued', 'running', 'promoted', 'rejected', 'failed', 'skipped'] as const
export const TRAINING_TRIGGERS = ['tokens', 'ordered'] as const

/** Measured quantities by name; which ones is the business of who trains. */
export type Figures = Readonly<Record<string, number | null>>

/**
 * Attempts to teach a tenant's draft. A row is the record of truth: queues and notifications only say that there is
 * one. A running row belongs to one trainer for as long as it renews its heartbeat; then anyone may take it up again.
 */
export const trainingRuns = pgTable(
  'training_runs',
  {
    id: text('id').primaryKey(),
    tenantId: text('tenant_id')
      .notNull()
      .references(() => tenants.id),
    /** What the draft is to draft for. Null: of before targets were told apart, see `registerTarget`. */
    targetId: text('target_id').references(() => targets.id),
    trigger: text('trigger', { enum: TRAINING_TRIGGERS }).notNull(),
    state: text('state', { enum: TRAINING_STATES }).notNull().default('queued'),
    /** Times a trainer took it up. With the trainer's name it is the lease: who holds an older one has lost it. */
    attempts: integer('attempts').notNull().default(0),
    trainer: text('trainer'),
    heartbeatAt: instant('heartbeat_at'),
    /** What it does now and how far it is, 0 to 1, for people who wait for it. */
    phase: text('phase'),
    progress: real('progress'),
    /** Trace tokens it learned from, and the newest segment that it saw: later ones are new to the next run. */
    tokens: integer('tokens').notNull().default(0),
    tracesUntil: text('traces_until'),
    /** Held-out figures of what served the tenant before, and of what was trained. */
    baseline: jsonb('baseline').$type<Figures>(),
    candidate: jsonb('candidate').$type<Figures>(),
    draftId: text('draft_id').references(() => draftVersions.id),
    /** Why it ended as it did, in one sentence. */
    reason: text('reason'),
    createdAt: createdAt(),
    startedAt: instant('started_at'),
    finishedAt: instant('finished_at'),
  },
  (table) => [
    /** One open run per tenant and target, however many ask for one; serves `orderTrainingRun`. */
    uniqueIndex('training_runs_open')
      .on(table.tenantId, table.targetId)
      .where(sql`${table.state} in ('queued', 'running')`),
    /** Serves `claimTrainingRun`: open runs are few, whatever the history. */
    index('training_runs_claim').on(table.createdAt).where(sql`${table.state} in ('queued', 'running')`),
    /** Serves `latestTrainingRuns`. */
    index('training_runs_tenant').on(table.tenantId, table.createdAt),
    check(
      'training_runs_state',
      sql`${table.state} in ('queued', 'running', 'promoted', 'rejected', 'failed', 'skipped')`,
    ),
    check('training_runs_trigger', sql`${table.trigger} in ('tokens', 'ordered')`),
    check(
      'training_runs_lease',
      sql`${table.state} <> 'running' or (${table.trainer} is not null and ${table.heartbeatAt} is not null)`,
    ),
    check('training_runs_end', sql`(${table.finishedAt} is null) = (${table.state} in ('queued', 'running'))`),
  ],
)
