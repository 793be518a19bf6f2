import { and, desc, eq, inArray, isNotNull, lt, or, sql } from 'drizzle-orm'
import { audited } from '../audit/audited.ts'
import type { Database } from '../database.ts'
import { guarded } from '../errors.ts'
import { newId } from '../ids.ts'
import { targets } from '../schema/targets.ts'
import { type TRAINING_TRIGGERS, trainingRuns } from '../schema/training-runs.ts'
import type { Transaction } from '../transaction.ts'
import { ago, TARGET_AWAY_MS } from './targets.ts'

export type TrainingRun = typeof trainingRuns.$inferSelect

const OPEN = ['queued', 'running'] as const

/** Asks for a run. A tenant has at most one open on a target; who asks again gets that one, as ordered if either was. */
export function orderTrainingRun(
  db: Database,
  { tenantId, targetId }: { readonly tenantId: string; readonly targetId: string },
  trigger: (typeof TRAINING_TRIGGERS)[number],
): Promise<{ run: TrainingRun; created: boolean }> {
  const id = newId('trainingRun')
  return audited(db, 'order training run', async (tx, note) => {
    const [run] = await tx
      .insert(trainingRuns)
      .values({ id, tenantId, targetId, trigger })
      .onConflictDoUpdate({
        target: [trainingRuns.tenantId, trainingRuns.targetId],
        targetWhere: sql`${trainingRuns.state} in ('queued', 'running')`,
        set: { trigger: sql`case when excluded.trigger = 'ordered' then 'ordered' else ${trainingRuns.trigger} end` },
      })
      .returning()
    if (!run) throw new Error('the training run was not returned')
    // Those that the scheduler orders are among its decisions, with their reasons.
    if (trigger === 'ordered')
      note({ action: 'training.ordered', subjectId: run.id, tenantId, after: { target: targetId, state: run.state } })
    return { run, created: run.id === id }
  })
}

export async function findTrainingRun(db: Database, runId: string): Promise<TrainingRun | null> {
  const rows = await guarded('find training run', () =>
    db.drizzle.select().from(trainingRuns).where(eq(trainingRuns.id, runId)).limit(1),
  )
  return rows[0] ?? null
}

/** A tenant's runs, on one target or (absent) on any, newest first. */
export function latestTrainingRuns(
  db: Database,
  tenantId: string,
  runsMax: number,
  targetId?: string,
): Promise<TrainingRun[]> {
  return guarded('latest training runs', () =>
    db.drizzle
      .select()
      .from(trainingRuns)
      .where(
        and(
          eq(trainingRuns.tenantId, tenantId),
          targetId === undefined ? undefined : eq(trainingRuns.targetId, targetId),
        ),
      )
      .orderBy(desc(trainingRuns.createdAt), desc(trainingRuns.id))
      .limit(runsMax),
  )
}

export interface TracesSeen {
  readonly tenantId: string
  readonly targetId: string | null
  readonly until: string
}

/** The newest trace segment that any run of a tenant on a target has seen: what came later is new to the next. */
export async function tracesSeen(db: Database): Promise<TracesSeen[]> {
  const { tenantId, targetId, tracesUntil } = trainingRuns
  return guarded('traces seen', () =>
    db.drizzle
      .select({ tenantId, targetId, until: sql<string>`max(${tracesUntil} collate "C")` })
      .from(trainingRuns)
      .where(isNotNull(tracesUntil))
      .groupBy(tenantId, targetId),
  )
}

/**
 * Ends runs that nobody will do any more: of weights that others took the place of, or that were not served for days. The
 * work of a trainer that is at it is left alone; where all of a model is away, runs wait for it to come back.
 *
 * @param servedWithinMs who was not seen for longer is not served now
 */
export async function cancelRunsAway(db: Database, servedWithinMs: number): Promise<number> {
  const cancelled = await guarded('cancel runs of targets that are away', () =>
    db.drizzle
      .update(trainingRuns)
      .set({ state: 'skipped', reason: 'Nobody serves these weights any more.', finishedAt: sql`now()` })
      .where(
        and(
          or(
            eq(trainingRuns.state, 'queued'),
            and(eq(trainingRuns.state, 'running'), lt(trainingRuns.heartbeatAt, ago(servedWithinMs))),
          ),
          sql`${trainingRuns.targetId} in (
            select away.id from ${targets} as away
            where away.last_seen_at < ${ago(servedWithinMs)} and (
              away.last_seen_at < ${ago(TARGET_AWAY_MS)} or exists (
                select from ${targets} as served
                where served.name = away.name and served.last_seen_at > ${ago(servedWithinMs)}
              )
            )
          )`,
        ),
      )
      .returning({ id: trainingRuns.id }),
  )
  return cancelled.length
}

/** Ends a tenant's open runs, whoever has them: their trainers find the lease lost. */
export async function cancelTrainingIn(tx: Transaction, tenantId: string, reason: string): Promise<number> {
  const cancelled = await tx
    .update(trainingRuns)
    .set({ state: 'skipped', reason, finishedAt: sql`now()` })
    .where(and(eq(trainingRuns.tenantId, tenantId), inArray(trainingRuns.state, [...OPEN])))
    .returning({ id: trainingRuns.id })
  return cancelled.length
}
