import { and, desc, eq, gt, gte, inArray, isNotNull, isNull, lt, not, sql } from 'drizzle-orm'
import type { Database } from '../database.ts'
import { guarded } from '../errors.ts'
import { acceptanceStats } from '../schema/acceptance.ts'
import { draftVersions } from '../schema/drafts.ts'
import { requests } from '../schema/requests.ts'
import { trainingRuns } from '../schema/training-runs.ts'

/** What tenants used of one model in one stretch of time, whatever its weights were. */
export interface Traffic {
  readonly tenantId: string
  readonly model: string
  readonly requests: number
  readonly tokens: number
  /** Runs of the target. */
  readonly steps: number
}

/** Of requests that finished in [from, to), by tenant and model. */
export function trafficBetween(db: Database, from: Date, to: Date): Promise<Traffic[]> {
  const total = (column: typeof requests.completionTokens | typeof requests.verificationSteps) =>
    sql<number>`coalesce(sum(${column}), 0)`.mapWith(Number)
  return guarded('traffic between', () =>
    db.drizzle
      .select({
        tenantId: requests.tenantId,
        model: requests.model,
        requests: sql<number>`count(*)`.mapWith(Number),
        tokens: total(requests.completionTokens),
        steps: total(requests.verificationSteps),
      })
      .from(requests)
      .where(and(gte(requests.finishedAt, from), lt(requests.finishedAt, to)))
      .groupBy(requests.tenantId, requests.model),
  )
}

export interface StepsOfArm {
  readonly tenantId: string
  readonly targetId: string | null
  readonly arm: string
  readonly steps: number
  readonly committed: number
}

/**
 * Of the buckets that begin in [from, to), by tenant, target and arm, the neural arms only; oldest first. What a canary
 * drafted says nothing of the draft that serves.
 */
export function stepsBetween(db: Database, from: Date, to: Date): Promise<StepsOfArm[]> {
  const { tenantId, targetId, arm, bucket, steps, committed, draftVersion } = acceptanceStats
  const servedNever = sql`exists (
    select from ${draftVersions} where ${draftVersions.id} = ${draftVersion}
      and ${draftVersions.state} not in ('live', 'retired')
  )`
  return guarded('steps between', () =>
    db.drizzle
      .select({
        tenantId,
        targetId,
        arm,
        steps: sql<number>`sum(${steps})`.mapWith(Number),
        committed: sql<number>`sum(${committed})`.mapWith(Number),
      })
      .from(acceptanceStats)
      .where(and(gte(bucket, from), lt(bucket, to), inArray(arm, ['static', 'adaptive']), not(servedNever)))
      .groupBy(tenantId, targetId, arm, bucket)
      .orderBy(bucket),
  )
}

/** Runs that ended since then or are open, the oldest first. */
export function runsSince(db: Database, since: Date) {
  const { tenantId, targetId, state, tokens, baseline, candidate, finishedAt, startedAt, draftId } = trainingRuns
  return guarded('runs since', () =>
    db.drizzle
      .select({
        ...{ tenantId, targetId, state, tokens, baseline, candidate, startedAt, finishedAt },
        /** What became of what it trained. */
        draftState: draftVersions.state,
      })
      .from(trainingRuns)
      .leftJoin(draftVersions, eq(draftVersions.id, draftId))
      .where(sql`${finishedAt} is null or ${gt(finishedAt, since)}`)
      .orderBy(trainingRuns.createdAt),
  )
}

export interface LiveVersion {
  readonly tenantId: string
  readonly targetId: string
  readonly draftId: string
  readonly version: number
  readonly since: Date
  /** A version that was live before has its files still. */
  readonly previousStored: boolean
}

/** Every tenant's live adapters. */
export async function liveVersions(db: Database): Promise<LiveVersion[]> {
  const { id: draftId, tenantId, targetId, version, changedAt, state, arm, artifactDeletedAt } = draftVersions
  const [live, retired] = await guarded('live versions', () =>
    Promise.all([
      db.drizzle
        .select({ tenantId, targetId, draftId, version, since: changedAt })
        .from(draftVersions)
        .where(and(eq(state, 'live'), eq(arm, 'adaptive'), isNotNull(tenantId)))
        .orderBy(desc(version)),
      db.drizzle
        .selectDistinct({ tenantId, targetId })
        .from(draftVersions)
        .where(and(eq(state, 'retired'), eq(arm, 'adaptive'), isNull(artifactDeletedAt))),
    ]),
  )
  const fallbacks = new Set(retired.map((row) => `${row.tenantId} ${row.targetId}`))
  return live.flatMap(({ tenantId, targetId, ...rest }) => {
    if (tenantId === null || targetId === null) return []
    return [{ tenantId, targetId, ...rest, previousStored: fallbacks.has(`${tenantId} ${targetId}`) }]
  })
}
