import { and, eq, inArray, isNull, lt, or, sql } from 'drizzle-orm'
import type { Database } from '../database.ts'
import { guarded } from '../errors.ts'
import { draftVersions } from '../schema/drafts.ts'
import { draftTrials, trialWitnesses } from '../schema/trials.ts'
import type { DraftVersion } from './drafts.ts'
import type { ClaimOptions } from './training-leases.ts'
import type { Witness } from './trials.ts'

/** A shadow that is to be compared with what serves, on traces that came since. */
export interface Judgement {
  readonly draft: DraftVersion
  readonly tenantId: string
  /** What comes after this segment judges it; null: all that there is. */
  readonly judgedUntil: string | null
  readonly attempts: number
}

/** Who holds an order: another trainer, or the same one at a later attempt, makes it void. */
export interface JudgementLease {
  readonly draftId: string
  readonly trainer: string
  readonly attempt: number
}

/** Asks for judgements; of one that is asked for already nothing changes. */
export async function orderJudgements(db: Database, draftIds: readonly string[]): Promise<number> {
  if (draftIds.length === 0) return 0
  const ordered = await guarded('order judgements', () =>
    db.drizzle
      .update(draftTrials)
      .set({ orderedAt: sql`now()`, attempts: 0 })
      .where(and(inArray(draftTrials.draftId, [...draftIds]), isNull(draftTrials.orderedAt)))
      .returning({ draftId: draftTrials.draftId }),
  )
  return ordered.length
}

/** Takes the oldest order for a target, of a shadow that is one still. Locked rows are skipped: see `claimTrainingRun`. */
export function claimJudgement(
  db: Database,
  { trainer, targetId, leaseMs }: Omit<ClaimOptions, 'attemptsMax'>,
): Promise<Judgement | null> {
  return guarded('claim judgement', () =>
    db.drizzle.transaction(async (tx) => {
      const stale = lt(draftTrials.heartbeatAt, sql`now() - ${leaseMs} * interval '1 millisecond'`)
      const [next] = await tx
        .select({ draft: draftVersions })
        .from(draftTrials)
        .innerJoin(draftVersions, eq(draftVersions.id, draftTrials.draftId))
        .where(
          and(
            sql`${draftTrials.orderedAt} is not null`,
            eq(draftVersions.state, 'shadow'),
            eq(draftVersions.targetId, targetId),
            or(isNull(draftTrials.trainer), stale),
          ),
        )
        .orderBy(draftTrials.orderedAt)
        .limit(1)
        .for('update', { of: draftTrials, skipLocked: true })
      if (!next || next.draft.tenantId === null) return null
      const [claimed] = await tx
        .update(draftTrials)
        .set({ trainer, attempts: sql`${draftTrials.attempts} + 1`, heartbeatAt: sql`now()` })
        .where(eq(draftTrials.draftId, next.draft.id))
        .returning({ judgedUntil: draftTrials.judgedUntil, attempts: draftTrials.attempts })
      return claimed ? { draft: next.draft, tenantId: next.draft.tenantId, ...claimed } : null
    }),
  )
}

/** Renews the lease. False: it is lost, or the trial is over. */
export async function beatJudgement(db: Database, lease: JudgementLease): Promise<boolean> {
  const beaten = await guarded('beat judgement', () =>
    db.drizzle
      .update(draftTrials)
      .set({ heartbeatAt: sql`now()` })
      .where(held(lease))
      .returning({ draftId: draftTrials.draftId }),
  )
  return beaten.length > 0
}

/** Gives an order back; the attempt does not count. */
export async function releaseJudgement(db: Database, lease: JudgementLease): Promise<void> {
  const attempts = sql`${draftTrials.attempts} - 1`
  await guarded('release judgement', () =>
    db.drizzle.update(draftTrials).set({ trainer: null, attempts }).where(held(lease)),
  )
}

/** Writes what was found, and how far the shadow is judged by it, together. False where the lease is lost. */
export function finishJudgement(
  db: Database,
  lease: JudgementLease,
  { witnesses, judgedUntil }: { readonly witnesses: readonly Witness[]; readonly judgedUntil: string | null },
): Promise<boolean> {
  const { draftId } = lease
  return guarded('finish judgement', () =>
    db.drizzle.transaction(async (tx) => {
      const done = await tx
        .update(draftTrials)
        .set({ judgedUntil, orderedAt: null, trainer: null, attempts: 0 })
        .where(held(lease))
        .returning({ draftId: draftTrials.draftId })
      if (done.length === 0) return false
      const rows = witnesses.map((witness) => ({ draftId, stage: 'shadow' as const, ...witness }))
      if (rows.length > 0) await tx.insert(trialWitnesses).values(rows).onConflictDoNothing()
      return true
    }),
  )
}

const held = ({ draftId, trainer, attempt }: JudgementLease) =>
  and(eq(draftTrials.draftId, draftId), eq(draftTrials.trainer, trainer), eq(draftTrials.attempts, attempt))
