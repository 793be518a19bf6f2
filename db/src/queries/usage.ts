import { and, asc, count, eq, getTableColumns, gt, gte, isNull, lt, or, sum } from 'drizzle-orm'
import type { Database } from '../database.ts'
import { guarded } from '../errors.ts'
import { transaction } from '../prepared.ts'
import { apiKeys } from '../schema/keys.ts'
import { type REQUEST_ENDPOINTS, type REQUEST_STATUSES, requests } from '../schema/requests.ts'
import { tenants } from '../schema/tenants.ts'
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
  const written = await transaction(db, 'record usage', async (client) => {
    const { rows: news } = await client.query<Written>(RECORD, [JSON.stringify(rows)])
    const ids = news.map(({ id }) => id)
    await settle(client, ids)
    return news
  })
  await touchKeys(db, written, touched)
}

interface Written {
  readonly id: string
  readonly keyId: string
  readonly finishedAt: Date
}

/** Fields of a row, and what the database calls them. */
const FIELDS = Object.entries(getTableColumns(requests)).map(([field, { name }]) => [field, name] as const)
const COLUMNS = FIELDS.map(([, name]) => `"${name}"`)

/**
 * One text for any number of rows, made once: to build a statement for each batch took a seventh of the gateway's
 * processor time.
 */
const RECORD = `
  insert into requests (${COLUMNS.join(', ')})
  select ${COLUMNS.join(', ')} from jsonb_populate_recordset(null::requests, $1::jsonb)
  on conflict (id) do update set ${COLUMNS.map((name) => `${name} = excluded.${name}`).join(', ')}
  where excluded.attempt > requests.attempt
    or (excluded.attempt = requests.attempt and requests.error_code = '${GATEWAY_LOST}')
  returning id, key_id as "keyId", finished_at as "finishedAt"`

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

/** Totals of tenants that had requests finish in [from, to), by the tenants' ids, a page of them. For operators only. */
export async function usageByTenant(
  db: Database,
  query: { from: Date; to: Date; after?: string | undefined; tenantsMax: number },
) {
  const { tenantId, finishedAt } = requests
  const total = (column: Parameters<typeof sum>[0]) => sum(column).mapWith(Number)
  return guarded('usage by tenant', () =>
    db.drizzle
      .select({
        tenantId,
        name: tenants.name,
        requests: count(),
        promptTokens: total(requests.promptTokens),
        cachedTokens: total(requests.cachedTokens),
        completionTokens: total(requests.completionTokens),
      })
      .from(requests)
      .innerJoin(tenants, eq(tenants.id, tenantId))
      .where(
        and(
          gte(finishedAt, query.from),
          lt(finishedAt, query.to),
          query.after === undefined ? undefined : gt(tenantId, query.after),
        ),
      )
      .groupBy(tenantId, tenants.name)
      .orderBy(asc(tenantId))
      .limit(query.tenantsMax),
  )
}

/** By the columns' names in the database. */
function rowOf({ requestId, speculation, ...usage }: UsageRecord) {
  const values: Readonly<Record<string, unknown>> = {
    ...usage,
    id: requestId,
    // What is absent becomes null, whatever the column's default is.
    attempt: usage.attempt ?? 1,
    ...(speculation && {
      verificationSteps: speculation.steps,
      draftTokens: speculation.draftTokens,
      acceptedTokens: speculation.acceptedTokens,
      lookaheadMax: speculation.lookaheadMax,
      acceptanceHistogram: speculation.acceptanceHistogram,
      armSteps: speculation.armSteps,
      draftVersion: speculation.arms?.find(({ arm }) => arm === 'adaptive')?.draftVersion ?? null,
    }),
  }
  return Object.fromEntries(FIELDS.map(([field, name]) => [name, values[field]]))
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
