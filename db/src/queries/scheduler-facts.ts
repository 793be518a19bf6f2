import { and, desc, eq, gt, gte, inArray, isNotNull, isNull, lt, not, sql } from 'drizzle-orm'
import type { Database } from '../database.ts'
import { guarded } from '../errors.ts'
import { acceptanceStats } from '../schema/acceptance.ts'
import { draftVersions } from '../schema/drafts.ts'
import { requests } from '../schema/requests.ts'
import { trainingRuns } from '../schema/training-runs.ts'

/** What tenants used in one stretch of time. */
export interface Traffic {
  readonly tenantId: string
  readonly requests: number
  readonly tokens: number
  /** Runs of the target. */
  readonly steps: number
}

/** Of requests that finished in [from, to), by tenant. */
export function trafficBetween(db: Database, from: Date, to: Date): Promise<Traffic[]> {
  const total = (column: typeof requests.completionTokens | typeof requests.verificationSteps) =>
    sql<number>`coalesce(sum(${column}), 0)`.mapWith(Number)
  return guarded('traffic between', () =>
    db.drizzle
      .select({
        tenantId: requests.tenantId,
        requests: sql<number>`count(*)`.mapWith(Number),
        tokens: total(requests.completionTokens),
        steps: total(requests.verificationSteps),
      })
      .from(requests)
      .where(and(gte(requests.finishedAt, from), lt(requests.finishedAt, to)))
      .groupBy(requests.tenantId),
  )
}

export interface StepsOfArm {
  readonly tenantId: string
  readonly arm: string
  readonly steps: number
  readonly committed: number
}

/**
 * Of the buckets that begin in [from, to), by tenant and arm, the neural arms only; oldest first. What a canary drafted
 * says nothing of the draft that serves.
 */
export function stepsBetween(db: Database, from: Date, to: Date): Promise<StepsOfArm[]> {
  const { tenantId, arm, bucket, steps, committed, draftVersion } = acceptanceStats
  const servedNever = sql`exists (
    select from ${draftVersions} where ${draftVersions.id} = ${draftVersion}
      and ${draftVersions.state} not in ('live', 'retired')
  )`
  return guarded('steps between', () =>
    db.drizzle
      .select({
        tenantId,
        arm,
        steps: sql<number>`sum(${steps})`.mapWith(Number),
        committed: sql<number>`sum(${committed})`.mapWith(Number),
      })
      .from(acceptanceStats)
      .where(and(gte(bucket, from), lt(bucket, to), inArray(arm, ['static', 'adaptive']), not(servedNever)))
      .groupBy(tenantId, arm, bucket)
      .orderBy(bucket),
  )
}

/** Runs that ended since then or are open, the oldest first. */
export function runsSince(db: Database, since: Date) {
  const { tenantId, state, tokens, baseline, candidate, finishedAt, startedAt, draftId } = trainingRuns
  return guarded('runs since', () =>
    db.drizzle
      .select({
        ...{ tenantId, state, tokens, baseline, candidate, startedAt, finishedAt },
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
  readonly draftId: string
  readonly version: number
  readonly since: Date
  /** A version that was live before has its files still. */
  readonly previousStored: boolean
}

/** Every tenant's live adapter. */
export async function liveVersions(db: Database): Promise<LiveVersion[]> {
  const { id: draftId, tenantId, version, changedAt, state, arm, artifactDeletedAt } = draftVersions
  const [live, retired] = await guarded('live versions', () =>
    Promise.all([
      db.drizzle
        .select({ tenantId, draftId, version, since: changedAt })
        .from(draftVersions)
        .where(and(eq(state, 'live'), eq(arm, 'adaptive'), isNotNull(tenantId)))
        .orderBy(desc(version)),
      db.drizzle
        .selectDistinct({ tenantId })
        .from(draftVersions)
        .where(and(eq(state, 'retired'), eq(arm, 'adaptive'), isNull(artifactDeletedAt))),
    ]),
  )
  const fallbacks = new Set(retired.map((row) => row.tenantId))
  return live.flatMap(({ tenantId, ...rest }) =>
    tenantId === null ? [] : [{ tenantId, ...rest, previousStored: fallbacks.has(tenantId) }],
  )
}
