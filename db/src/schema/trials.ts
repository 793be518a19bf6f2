import { sql } from 'drizzle-orm'
import { check, doublePrecision, index, integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import { instant } from './columns.ts'
import { draftVersions } from './drafts.ts'

export const TRIAL_STAGES = ['shadow', 'canary'] as const
export type TrialStage = (typeof TRIAL_STAGES)[number]

/**
 * Drafts that are tried, one row for as long as the trial lasts; the stage is the draft's state. Of a shadow also how far
 * it is judged: a judgement is ordered by the scheduler and belongs to one trainer for as long as that renews its
 * heartbeat, as a training run does.
 */
export const draftTrials = pgTable(
  'draft_trials',
  {
    draftId: text('draft_id')
      .primaryKey()
      .references(() => draftVersions.id),
    /** The newest trace segment that is known not to judge it: it was trained with that there, or judged by it. */
    judgedUntil: text('judged_until'),
    orderedAt: instant('ordered_at'),
    /** Times a trainer took the order up. With the trainer's name it is the lease. */
    attempts: integer('attempts').notNull().default(0),
    trainer: text('trainer'),
    heartbeatAt: instant('heartbeat_at'),
  },
  (table) => [
    /** Serves `claimJudgement`. */
    index('draft_trials_ordered').on(table.orderedAt).where(sql`${table.orderedAt} is not null`),
    check(
      'draft_trials_lease',
      sql`${table.trainer} is null or (${table.orderedAt} is not null and ${table.heartbeatAt} is not null)`,
    ),
  ],
)

const amount = (name: string) => doublePrecision(name).notNull()

/** What single requests say of a draft on trial: its goodput and a rival's on the same request. They go with the trial. */
export const trialWitnesses = pgTable(
  'trial_witnesses',
  {
    draftId: text('draft_id')
      .notNull()
      .references(() => draftTrials.draftId, { onDelete: 'cascade' }),
    stage: text('stage', { enum: TRIAL_STAGES }).notNull(),
    /** The version that it was compared with, or `STATIC_RIVAL`. */
    rival: text('rival').notNull(),
    request: text('request').notNull(),
    rivalTokens: amount('rival_tokens'),
    rivalMs: amount('rival_ms'),
    candidateTokens: amount('candidate_tokens'),
    candidateMs: amount('candidate_ms'),
  },
  (table) => [
    /** A request says a thing once; serves `trialWitnessesOf`. */
    primaryKey({ columns: [table.draftId, table.stage, table.rival, table.request] }),
    check('trial_witnesses_stage', sql`${table.stage} in ('shadow', 'canary')`),
  ],
)

/** The draft that all tenants share. */
export const STATIC_RIVAL = 'static'
