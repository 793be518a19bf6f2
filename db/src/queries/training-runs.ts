import { and, desc, eq, inArray, isNotNull, sql } from 'drizzle-orm'
import { audited } from '../audit/audited.ts'
import type { Database } from '../database.ts'
import { guarded } from '../errors.ts'
import { newId } from '../ids.ts'
import { type TRAINING_TRIGGERS, trainingRuns } from '../schema/training-runs.ts'
import type { Transaction } from '../transaction.ts'

export type TrainingRun = typeof trainingRuns.$inferSelect

const OPEN = ['queued', 'running'] as const

/** Asks for a run. A tenant has at most one open; who asks again gets that one, as ordered if either was. */
export function orderTrainingRun(
  db: Database,
  tenantId: string,
  trigger: (typeof TRAINING_TRIGGERS)[number],
): Promise<{ run: TrainingRun; created: boolean }> {
  const id = newId('trainingRun')
  return audited(db, 'order training run', async (tx, note) => {
    const [run] = await tx
      .insert(trainingRuns)
      .values({ id, tenantId, trigger })
      .onConflictDoUpdate({
        target: trainingRuns.tenantId,
        targetWhere: sql`${trainingRuns.state} in ('queued', 'running')`,
        set: { trigger: sql`case when excluded.trigger = 'ordered' then 'ordered' else ${trainingRuns.trigger} end` },
      })
      .returning()
    if (!run) throw new Error('the training run was not returned')
    // Those that the scheduler orders are among its decisions, with their reasons.
    if (trigger === 'ordered')
      note({ action: 'training.ordered', targetId: run.id, tenantId, after: { state: run.state } })
    return { run, created: run.id === id }
  })
}

export async function findTrainingRun(db: Database, runId: string): Promise<TrainingRun | null> {
  const rows = await guarded('find training run', () =>
    db.drizzle.select().from(trainingRuns).where(eq(trainingRuns.id, runId)).limit(1),
  )
  return rows[0] ?? null
}

/** A tenant's runs, newest first. */
export function latestTrainingRuns(db: Database, tenantId: string, runsMax: number): Promise<TrainingRun[]> {
  return guarded('latest training runs', () =>
    db.drizzle
      .select()
      .from(trainingRuns)
      .where(eq(trainingRuns.tenantId, tenantId))
      .orderBy(desc(trainingRuns.createdAt), desc(trainingRuns.id))
      .limit(runsMax),
  )
}

/** The newest trace segment that any run of a tenant has seen, by tenant: what came later is new to the next. */
export async function tracesSeen(db: Database): Promise<ReadonlyMap<string, string>> {
  const { tenantId, tracesUntil } = trainingRuns
  const rows = await guarded('traces seen', () =>
    db.drizzle
      .select({ tenantId, until: sql<string>`max(${tracesUntil} collate "C")` })
      .from(trainingRuns)
      .where(isNotNull(tracesUntil))
      .groupBy(tenantId),
  )
  return new Map(rows.map(({ tenantId: id, until }) => [id, until]))
}

/** Ends a tenant's open run, whoever has it: its trainer finds the lease lost. */
export async function cancelTrainingIn(tx: Transaction, tenantId: string, reason: string): Promise<number> {
  const cancelled = await tx
    .update(trainingRuns)
    .set({ state: 'skipped', reason, finishedAt: sql`now()` })
    .where(and(eq(trainingRuns.tenantId, tenantId), inArray(trainingRuns.state, [...OPEN])))
    .returning({ id: trainingRuns.id })
  return cancelled.length
}
