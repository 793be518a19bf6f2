import { and, eq, lt, or, sql } from 'drizzle-orm'
import type { Database } from '../database.ts'
import { guarded } from '../errors.ts'
import { type Figures, trainingRuns } from '../schema/training-runs.ts'
import type { Transaction } from '../transaction.ts'
import { insertCandidate, lockLineage, type NewDraftVersion, promoteIn, rejectIn } from './promotion.ts'
import type { TrainingRun } from './training-runs.ts'
import { endTrialIn, SUPERSEDED, tryIn } from './trial-stages.ts'

/** Who holds a run: another trainer, or the same one at a later attempt, makes it void. */
export interface TrainingLease {
  readonly runId: string
  readonly trainer: string
  readonly attempt: number
}

export interface ClaimOptions {
  readonly trainer: string
  /** What it can train for. */
  readonly targetId: string
  /** A running row whose heartbeat is older lost its trainer. */
  readonly leaseMs: number
  /** A run that ended this many trainers is failed instead of ending one more. */
  readonly attemptsMax: number
}

/**
 * Takes the next run for a target: ordered ones first, then by age. Locked rows are skipped, so any number of trainers
 * ask at once and never get the same one.
 */
export function claimTrainingRun(db: Database, options: ClaimOptions): Promise<TrainingRun | null> {
  return guarded('claim training run', () =>
    db.drizzle.transaction(async (tx) => {
      await failExhausted(tx, options)
      const [next] = await tx
        .select({ id: trainingRuns.id })
        .from(trainingRuns)
        .where(
          and(
            eq(trainingRuns.targetId, options.targetId),
            or(eq(trainingRuns.state, 'queued'), abandoned(options.leaseMs)),
          ),
        )
        .orderBy(sql`${trainingRuns.trigger} = 'ordered' desc`, trainingRuns.createdAt)
        .limit(1)
        .for('update', { skipLocked: true })
      if (!next) return null
      const [run] = await tx
        .update(trainingRuns)
        .set({
          state: 'running',
          trainer: options.trainer,
          attempts: sql`${trainingRuns.attempts} + 1`,
          heartbeatAt: sql`now()`,
          startedAt: sql`now()`,
          phase: null,
          progress: null,
        })
        .where(eq(trainingRuns.id, next.id))
        .returning()
      return run ?? null
    }),
  )
}

/** Renews the lease and tells how far the run is. False: the lease is lost, and the work with it. */
export async function beatTrainingRun(
  db: Database,
  lease: TrainingLease,
  progress: { readonly phase: string; readonly progress: number } | null,
): Promise<boolean> {
  const beaten = await guarded('beat training run', () =>
    db.drizzle
      .update(trainingRuns)
      .set({ heartbeatAt: sql`now()`, ...progress })
      .where(held(lease))
      .returning({ id: trainingRuns.id }),
  )
  return beaten.length > 0
}

/** Gives a run back, for another trainer or a later start of this one; the attempt does not count. */
export async function releaseTrainingRun(db: Database, lease: TrainingLease): Promise<void> {
  const attempts = sql`${trainingRuns.attempts} - 1`
  await guarded('release training run', () =>
    db.drizzle.update(trainingRuns).set({ state: 'queued', attempts, trainer: null }).where(held(lease)),
  )
}

export interface TrainingResult {
  readonly state: 'promoted' | 'rejected' | 'failed' | 'skipped'
  readonly reason: string
  readonly tokens: number
  readonly tracesUntil: string | null
  readonly baseline: Figures | null
  readonly candidate: Figures | null
  /** What was trained; absent where it did not come to that. */
  readonly draft: NewDraftVersion | null
}

/** Where a draft goes that passed its run's gate: on trial, or live at once. */
export interface Publication {
  /** `staged`: on trial, but for what an operator ordered. */
  readonly promotion: 'staged' | 'direct'
  /** The newest trace segment that may have taught it. */
  readonly judgedUntil: string | null
}

const DIRECT: Publication = { promotion: 'direct', judgedUntil: null }

/**
 * Ends a run: registers what it trained, puts it on trial, makes it live or rejects it, and writes the run's result, all
 * together or not at all. False where the lease is lost: then nothing is written, and the stored files belong to nobody.
 */
export function finishTrainingRun(
  db: Database,
  tenantId: string,
  lease: TrainingLease,
  result: TrainingResult,
  publication: Publication = DIRECT,
): Promise<boolean> {
  const { draft, state, reason, ...columns } = result
  return guarded('finish training run', () =>
    db.drizzle.transaction(async (tx) => {
      await lockLineage(tx, tenantId)
      const { trigger } = trainingRuns
      const [open] = await tx.select({ trigger }).from(trainingRuns).where(held(lease)).for('update')
      if (!open) return false
      // Read here: somebody may have ordered what the scheduler had begun.
      const isDirect = publication.promotion === 'direct' || open.trigger === 'ordered'
      const fate = state !== 'promoted' ? 'rejected' : isDirect ? 'live' : 'trial'
      if (draft) await publish(tx, draft, fate, { reason, judgedUntil: publication.judgedUntil })
      await tx
        .update(trainingRuns)
        .set({ ...columns, state, reason, draftId: draft?.id ?? null, finishedAt: sql`now()`, progress: 1 })
        .where(eq(trainingRuns.id, lease.runId))
      return true
    }),
  )
}

async function publish(
  tx: Transaction,
  draft: NewDraftVersion,
  fate: 'rejected' | 'live' | 'trial',
  trial: { readonly reason: string; readonly judgedUntil: string | null },
): Promise<void> {
  const { tenantId, id } = draft
  await insertCandidate(tx, draft)
  if (fate === 'rejected' || tenantId === null) return void (await rejectIn(tx, tenantId, id, trial.reason))
  await endTrialIn(tx, { ...draft, tenantId }, SUPERSEDED)
  const isTaken = fate === 'trial' ? tryIn(tx, tenantId, id, trial) : promoteIn(tx, tenantId, id, trial.reason)
  if (!(await isTaken)) throw new Error('a new candidate was refused')
}

async function failExhausted(tx: Transaction, { leaseMs, attemptsMax }: ClaimOptions): Promise<void> {
  const reason = `The trainer ended ${attemptsMax} times during this run, so it is not tried again.`
  await tx
    .update(trainingRuns)
    .set({ state: 'failed', reason, finishedAt: sql`now()` })
    .where(and(abandoned(leaseMs), sql`${trainingRuns.attempts} >= ${attemptsMax}`))
}

const abandoned = (leaseMs: number) =>
  and(
    eq(trainingRuns.state, 'running'),
    lt(trainingRuns.heartbeatAt, sql`now() - ${leaseMs} * interval '1 millisecond'`),
  )

const held = ({ runId, trainer, attempt }: TrainingLease) =>
  and(
    eq(trainingRuns.id, runId),
    eq(trainingRuns.state, 'running'),
    eq(trainingRuns.trainer, trainer),
    eq(trainingRuns.attempts, attempt),
  )
