import { and, eq, inArray, sql } from 'drizzle-orm'
import type { Database } from '../database.ts'
import { guarded } from '../errors.ts'
import { draftVersions } from '../schema/drafts.ts'
import { draftTrials, type TrialStage, trialWitnesses } from '../schema/trials.ts'

/** One request's goodput with a draft on trial and with what that is compared with: tokens committed, in so much time. */
export interface Witness {
  readonly request: string
  /** The version that it was compared with, or `STATIC_RIVAL`. */
  readonly rival: string
  readonly rivalTokens: number
  readonly rivalMs: number
  readonly candidateTokens: number
  readonly candidateMs: number
}

export interface OpenTrial {
  readonly tenantId: string
  readonly targetId: string
  readonly draftId: string
  readonly version: number
  readonly stage: TrialStage
  readonly since: Date
  readonly judgedUntil: string | null
  /** A judgement is ordered. */
  readonly judging: boolean
  /** Of this stage, over all rivals. */
  readonly witnesses: number
}

/** Every tenant's drafts on trial, one at most for each target. */
export async function openTrials(db: Database): Promise<OpenTrial[]> {
  const { id, tenantId, targetId, version, state, changedAt } = draftVersions
  const { judgedUntil, orderedAt } = draftTrials
  const rows = await guarded('open trials', () =>
    db.drizzle
      .select({
        tenantId,
        targetId,
        draftId: id,
        version,
        stage: sql<TrialStage>`${state}`,
        since: changedAt,
        judgedUntil,
        judging: sql<boolean>`${orderedAt} is not null`,
        witnesses: sql<number>`(
          select count(*) from ${trialWitnesses}
          where ${trialWitnesses.draftId} = ${id} and ${trialWitnesses.stage} = ${state}
        )`.mapWith(Number),
      })
      .from(draftVersions)
      .innerJoin(draftTrials, eq(draftTrials.draftId, id))
      .where(sql`${state} in ('shadow', 'canary')`),
  )
  return rows.flatMap(({ tenantId, targetId, ...rest }) => {
    return tenantId === null || targetId === null ? [] : [{ tenantId, targetId, ...rest }]
  })
}

/** What was seen of drafts in the stage that they are in now. */
export async function trialWitnessesOf(
  db: Database,
  draftIds: readonly string[],
): Promise<(Witness & { readonly draftId: string })[]> {
  if (draftIds.length === 0) return []
  const { stage, ...columns } = trialWitnesses
  return guarded('trial witnesses', () =>
    db.drizzle
      .select({
        draftId: columns.draftId,
        request: columns.request,
        rival: columns.rival,
        rivalTokens: columns.rivalTokens,
        rivalMs: columns.rivalMs,
        candidateTokens: columns.candidateTokens,
        candidateMs: columns.candidateMs,
      })
      .from(trialWitnesses)
      .innerJoin(draftVersions, eq(draftVersions.id, columns.draftId))
      .where(and(inArray(columns.draftId, [...draftIds]), sql`${stage} = ${draftVersions.state}`))
      .orderBy(columns.draftId, columns.rival, columns.request),
  )
}
