import { type SQL, sql } from 'drizzle-orm'
import type { Database } from '../database.ts'
import { guarded } from '../errors.ts'

export const USAGE_GROUPS = ['key', 'model', 'arm'] as const
export type UsageGroup = (typeof USAGE_GROUPS)[number]

export interface BucketQuery {
  readonly from: Date
  /** Not part of it. */
  readonly to: Date
  readonly bucketMs: number
  readonly groupBy: readonly UsageGroup[]
  /** Absent: all. */
  readonly keyIds?: readonly string[]
  readonly models?: readonly string[]
}

/** What finished in one bucket, of one group: what is not grouped by is null. */
export interface UsageBucket {
  readonly start: Date
  readonly keyId: string | null
  readonly model: string | null
  /** The arm of most verification steps; null also where no worker told. */
  readonly arm: string | null
  readonly requests: number
  /** Cached ones apart. */
  readonly inputTokens: number
  readonly cachedTokens: number
  readonly outputTokens: number
  readonly inputNano: bigint
  readonly cachedNano: bigint
  readonly outputNano: bigint
}

/** A tenant's bills as they stand, summed over buckets of time that begin at `from`; buckets without any are left out. */
export async function usageBuckets(db: Database, tenantId: string, query: BucketQuery): Promise<UsageBucket[]> {
  const { from, to, bucketMs, groupBy, keyIds, models } = query
  const start = sql`date_bin(${bucketMs}::int * interval '1 millisecond', finished_at, ${from.toISOString()}::timestamptz)`
  const group = (name: UsageGroup, column: SQL) => (groupBy.includes(name) ? column : sql`null::text`)
  const { rows } = await guarded('usage buckets', () =>
    db.drizzle.execute<BucketRow>(sql`
      select ${start} as start, ${group('key', sql`key_id`)} as key_id, ${group('model', sql`model`)} as model,
        ${group('arm', sql`arm`)} as arm, count(*)::int as requests,
        sum(input_tokens) as input_tokens, sum(cached_tokens) as cached_tokens, sum(output_tokens) as output_tokens,
        sum(input_nano) as input_nano, sum(cached_nano) as cached_nano, sum(output_nano) as output_nano
      from ledger
      where tenant_id = ${tenantId} and finished_at >= ${from.toISOString()}::timestamptz
        and finished_at < ${to.toISOString()}::timestamptz
        and not exists (
          select from ledger as newer where newer.request_id = ledger.request_id and newer.revision > ledger.revision
        )
        ${keyIds ? sql`and key_id = any(${sql.param([...keyIds])}::text[])` : sql``}
        ${models ? sql`and model = any(${sql.param([...models])}::text[])` : sql``}
      group by 1, 2, 3, 4
      order by 1, 2, 3, 4`),
  )
  return rows.map((row) => ({
    start: new Date(row.start),
    ...{ keyId: row.key_id, model: row.model, arm: row.arm, requests: row.requests },
    inputTokens: Number(row.input_tokens),
    cachedTokens: Number(row.cached_tokens),
    outputTokens: Number(row.output_tokens),
    inputNano: BigInt(row.input_nano),
    cachedNano: BigInt(row.cached_nano),
    outputNano: BigInt(row.output_nano),
  }))
}

/** What bills are in; null before there is a price. */
export async function billingCurrency(db: Database): Promise<string | null> {
  const { rows } = await guarded('billing currency', () =>
    db.drizzle.execute<{ currency: string | null }>(sql`select min(currency) as currency from prices`),
  )
  return rows[0]?.currency ?? null
}

interface BucketRow extends Record<string, unknown> {
  readonly start: string
  readonly key_id: string | null
  readonly model: string | null
  readonly arm: string | null
  readonly requests: number
  readonly input_tokens: string
  readonly cached_tokens: string
  readonly output_tokens: string
  readonly input_nano: string
  readonly cached_nano: string
  readonly output_nano: string
}
