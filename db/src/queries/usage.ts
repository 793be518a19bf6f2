import { and, count, eq, getTableColumns, gte, isNull, lt, or, sql, sum } from 'drizzle-orm'
import type { Database } from '../database.ts'
import { guarded } from '../errors.ts'
import { transaction } from '../prepared.ts'
import { apiKeys } from '../schema/keys.ts'
import { type REQUEST_ENDPOINTS, type REQUEST_STATUSES, requests } from '../schema/requests.ts'
import { GATEWAY_LOST } from './open-requests.ts'
import { settle } from './settle.ts'

/** What verification did for one request; the worker's summary fits as it is. */
export interface SpeculationUsage {
  readonly steps: number
  readonly draftTokens: number
  readonly acceptedTokens: number
  readonly acceptanceHistogram: readonly number[]
  readonly lookaheadMax: number
  readonly armSteps: Readonly<Partial<Record<string, number | undefined>>>
  readonly arms?: readonly { readonly arm: string; readonly draftVersion: string | null }[]
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
  /** From 1: how often the request was begun under one idempotency key. Absent: once. */
  readonly attempt?: number
  readonly speculation: SpeculationUsage | null
}

/**
 * Writes requests' usage and posts their bills, all of it or nothing. Safe to repeat: the first write of a request id
 * stands, unless it was a guess about a gateway that seemed lost and was only slow, or a later attempt has ended. Rows
 * of the journal go later: see `settleLostRequests`.
 *
 * @param touched when a caller's keys were last written as used, in ms: what it knows of is not asked for again
 */
export async function recordUsage(
  db: Database,
  usages: readonly UsageRecord[],
  touched: Map<string, number> = new Map(),
): Promise<void> {
  if (usages.length === 0) return
  const rows = [...new Map(usages.map((usage) => [usage.requestId, rowOf(usage)])).values()]
  const { id, errorCode, attempt, ...columns } = getTableColumns(requests)
  const excluded = Object.entries({ errorCode, attempt, ...columns }).map(([field, { name }]) => [
    field,
    sql.raw(`excluded."${name}"`),
  ])
  const setWhere = sql`excluded.attempt > ${attempt} or (excluded.attempt = ${attempt} and ${eq(errorCode, GATEWAY_LOST)})`
  const insert = db.drizzle
    .insert(requests)
    .values(rows)
    .onConflictDoUpdate({ target: id, set: Object.fromEntries(excluded), setWhere })
    .returning({ id, keyId: requests.keyId, finishedAt: requests.finishedAt })
    .toSQL()
  const written = await transaction(db, 'record usage', async (client) => {
    const { rows: news } = await client.query<{ id: string; key_id: string; finished_at: Date }>(
      insert.sql,
      insert.params,
    )
    await settle(
      client,
      news.map((row) => row.id),
    )
    return news.map(({ key_id: keyId, finished_at: finishedAt }) => ({ keyId, finishedAt }))
  })
  await touchKeys(db, written, touched)
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

function rowOf({ requestId, speculation, ...columns }: UsageRecord) {
  return { id: requestId, ...columns, ...(speculation && speculationColumns(speculation)) }
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
    draftVersion: summary.arms?.find(({ arm }) => arm === 'adaptive')?.draftVersion ?? null,
  }
}

/**
 * Keeps keys' times of last use, at most once a minute: at a thousand requests a second on one key every write would
 * otherwise wait for the same row. In the keys' order, so that two gateways wait for each other, never deadlock.
 */
async function touchKeys(
  db: Database,
  written: readonly { keyId: string; finishedAt: Date }[],
  touched: Map<string, number>,
): Promise<void> {
  const used = new Map<string, Date>()
  for (const { keyId, finishedAt } of written) {
    const known = used.get(keyId)
    if (!known || known < finishedAt) used.set(keyId, finishedAt)
  }
  for (const [keyId, finishedAt] of [...used].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (finishedAt.getTime() - (touched.get(keyId) ?? 0) < TOUCH_MS) continue
    touched.set(keyId, finishedAt.getTime())
    const stale = new Date(finishedAt.getTime() - TOUCH_MS)
    const { id, lastUsedAt } = apiKeys
    await guarded('touch API key', () =>
      db.drizzle
        .update(apiKeys)
        .set({ lastUsedAt: finishedAt })
        .where(and(eq(id, keyId), or(isNull(lastUsedAt), lt(lastUsedAt, stale)))),
    )
  }
}

const TOUCH_MS = 60_000
