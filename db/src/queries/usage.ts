import { and, count, eq, gte, isNull, lt, or, sum } from 'drizzle-orm'
import type { Database } from '../database.ts'
import { guarded } from '../errors.ts'
import { apiKeys } from '../schema/keys.ts'
import { type REQUEST_ENDPOINTS, type REQUEST_STATUSES, requests } from '../schema/requests.ts'

/** What verification did for one request; the worker's summary fits as it is. */
export interface SpeculationUsage {
  readonly steps: number
  readonly draftTokens: number
  readonly acceptedTokens: number
  readonly acceptanceHistogram: readonly number[]
  readonly lookaheadMax: number
  readonly armSteps: Readonly<Partial<Record<string, number | undefined>>>
}

export interface UsageRecord {
  readonly requestId: string
  readonly tenantId: string
  readonly keyId: string
  readonly model: string
  readonly endpoint: (typeof REQUEST_ENDPOINTS)[number]
  readonly startedAt: Date
  readonly finishedAt: Date
  readonly promptTokens: number
  readonly cachedTokens: number
  readonly completionTokens: number
  readonly status: (typeof REQUEST_STATUSES)[number]
  readonly errorCode: string | null
  readonly stream: boolean
  readonly speculation: SpeculationUsage | null
}

/** Writes a request's usage. Safe to repeat: the first write of a request id stands. */
export async function recordUsage(db: Database, usage: UsageRecord): Promise<void> {
  const { requestId, speculation, ...columns } = usage
  const inserted = await guarded('record usage', () =>
    db.drizzle
      .insert(requests)
      .values({ id: requestId, ...columns, ...(speculation && speculationColumns(speculation)) })
      .onConflictDoNothing({ target: requests.id })
      .returning({ id: requests.id }),
  )
  if (inserted.length > 0) await touchKey(db, usage)
}

/** One tenant's totals over requests that finished in [from, to). */
export async function usageTotals(
  db: Database,
  tenantId: string,
  period: { from: Date; to: Date },
): Promise<Pick<UsageRecord, 'promptTokens' | 'cachedTokens' | 'completionTokens'> & { requests: number }> {
  const [row] = await guarded('usage totals', () =>
    db.drizzle
      .select({
        requests: count(),
        prompt: sum(requests.promptTokens),
        cached: sum(requests.cachedTokens),
        completion: sum(requests.completionTokens),
      })
      .from(requests)
      .where(
        and(eq(requests.tenantId, tenantId), gte(requests.finishedAt, period.from), lt(requests.finishedAt, period.to)),
      ),
  )
  return {
    requests: row?.requests ?? 0,
    promptTokens: Number(row?.prompt ?? 0),
    cachedTokens: Number(row?.cached ?? 0),
    completionTokens: Number(row?.completion ?? 0),
  }
}

function speculationColumns(summary: SpeculationUsage) {
  const armSteps = Object.entries(summary.armSteps).flatMap(([arm, steps]) =>
    steps === undefined ? [] : [[arm, steps]],
  )
  return {
    verificationSteps: summary.steps,
    draftTokens: summary.draftTokens,
    acceptedTokens: summary.acceptedTokens,
    lookaheadMax: summary.lookaheadMax,
    acceptanceHistogram: [...summary.acceptanceHistogram],
    armSteps: Object.fromEntries(armSteps),
  }
}

/**
 * Keeps a key's time of last use, at most once a minute: at a thousand requests a second on one key every request
 * would otherwise wait for the same row.
 */
async function touchKey(db: Database, { tenantId, keyId, finishedAt }: UsageRecord): Promise<void> {
  const stale = new Date(finishedAt.getTime() - 60_000)
  await guarded('touch API key', () =>
    db.drizzle
      .update(apiKeys)
      .set({ lastUsedAt: finishedAt })
      .where(
        and(
          eq(apiKeys.tenantId, tenantId),
          eq(apiKeys.id, keyId),
          or(isNull(apiKeys.lastUsedAt), lt(apiKeys.lastUsedAt, stale)),
        ),
      ),
  )
}
