import { type SQL, sql } from 'drizzle-orm'
import type { Database } from '../database.ts'
import { guarded } from '../errors.ts'
import { pages } from '../prepared.ts'

/** What of the ledger belongs to a billing period: everything is decided by it, so the same bounds give the same lines. */
export interface PeriodBounds {
  /** A month in UTC, `2026-11`. */
  readonly period: string
  readonly closed: boolean
  /** The watermark of the period before, and of this one: of an open one the last ledger id by now. */
  readonly after: number
  readonly through: number
}

/**
 * `usage`: of this period. `late`: of a closed one, told only now. `reversal` and `rebooking`: a bill that a closed
 * period told otherwise, taken back and told anew.
 */
export type LineKind = 'usage' | 'late' | 'reversal' | 'rebooking'

export interface BillLine {
  readonly kind: LineKind
  readonly requestId: string
  readonly revision: number
  readonly tenantId: string
  readonly tenantName: string
  readonly keyId: string
  readonly model: string
  readonly priceId: string | null
  /** Nano-units a token. */
  readonly inputPrice: bigint
  readonly cachedPrice: bigint
  readonly outputPrice: bigint
  readonly startedAt: Date
  readonly finishedAt: Date
  readonly status: string
  /** Negative in a reversal, as are amounts. */
  readonly inputTokens: number
  readonly cachedTokens: number
  readonly outputTokens: number
  readonly inputNano: bigint
  readonly cachedNano: bigint
  readonly outputNano: bigint
  readonly arm: string | null
  readonly draftVersion: string | null
  readonly draftTokens: number | null
  readonly acceptedTokens: number | null
  readonly verificationSteps: number | null
}

export async function periodBounds(db: Database, period: string): Promise<PeriodBounds> {
  const { rows } = await guarded('period bounds', () =>
    db.drizzle.execute<{ after: string; through: string; closed: boolean }>(sql`
      select
        coalesce((select max(watermark) from billing_periods where period < ${period}), 0) as after,
        coalesce(this.watermark, (select max(id) from ledger), 0) as through,
        this.period is not null as closed
      from (select 1) as one left join billing_periods as this on this.period = ${period}`),
  )
  const [row] = rows
  return { period, closed: row?.closed ?? false, after: Number(row?.after ?? 0), through: Number(row?.through ?? 0) }
}

/** Bills of one page. */
const PAGE = 5_000

/** All lines of a period, by request; page by page, since a period may be large. */
export async function* billLines(db: Database, bounds: PeriodBounds): AsyncGenerator<readonly BillLine[]> {
  for await (const rows of pages<PageRow>(db, 'bill lines', billsOf(bounds), PAGE)) {
    yield rows.flatMap((row) => linesOf(row, bounds))
  }
}

/** What the period tells of each request that it tells of, and what the periods before told of that. */
function billsOf({ period, after, through }: PeriodBounds): SQL {
  const from = sql`((${period} || '-01')::timestamp at time zone 'utc')`
  const to = sql`(((${period} || '-01')::timestamp + interval '1 month') at time zone 'utc')`
  return sql`
      with news as (
        select distinct on (request_id) * from ledger
        where id <= ${through}::bigint
          and (finished_at >= ${from} and finished_at < ${to} or finished_at < ${from} and id > ${after}::bigint)
        order by request_id, revision desc
      )
      select news.*, tenants.name as tenant_name,
        price.input as input_price, price.cached_input as cached_price, price.output as output_price,
        case when told.request_id is not null then to_jsonb(told) || jsonb_build_object('input_nano', told.input_nano::text,
          'cached_nano', told.cached_nano::text, 'output_nano', told.output_nano::text) end as told, told_price.input as told_input_price, told_price.cached_input as told_cached_price,
        told_price.output as told_output_price
      from news
      join tenants on tenants.id = news.tenant_id
      left join prices as price on price.id = news.price_id
      left join lateral (
        select * from ledger where ledger.request_id = news.request_id and finished_at < ${from} and id <= ${after}::bigint
        order by revision desc limit 1
      ) as told on true
      left join prices as told_price on told_price.id = told.price_id
      order by news.request_id`
}

function linesOf(row: PageRow, { period }: PeriodBounds): BillLine[] {
  const { told } = row
  const line = (kind: LineKind) =>
    lineOf(kind, row, [row.input_price, row.cached_price, row.output_price], row.tenant_name)
  if (!told) return [line(new Date(row.finished_at).toISOString().startsWith(period) ? 'usage' : 'late')]
  if (told.revision > row.revision) return []
  const toldPrices = [row.told_input_price, row.told_cached_price, row.told_output_price] as const
  return [lineOf('reversal', told, toldPrices, row.tenant_name), line('rebooking')]
}

function lineOf(
  kind: LineKind,
  row: LedgerRow,
  [inputPrice, cachedPrice, outputPrice]: readonly (string | null)[],
  tenantName: string,
): BillLine {
  const sign = kind === 'reversal' ? -1 : 1
  const nano = (text: string) => BigInt(sign) * BigInt(text)
  const count = (value: number | null) => (value === null ? null : sign * value)
  return {
    ...{ kind, requestId: row.request_id, revision: row.revision, tenantId: row.tenant_id, tenantName },
    ...{ keyId: row.key_id, model: row.model, priceId: row.price_id, status: row.status },
    inputPrice: BigInt(inputPrice ?? 0),
    cachedPrice: BigInt(cachedPrice ?? 0),
    outputPrice: BigInt(outputPrice ?? 0),
    ...{ startedAt: new Date(row.started_at), finishedAt: new Date(row.finished_at) },
    ...{ inputTokens: sign * row.input_tokens, cachedTokens: sign * row.cached_tokens },
    outputTokens: sign * row.output_tokens,
    ...{ inputNano: nano(row.input_nano), cachedNano: nano(row.cached_nano), outputNano: nano(row.output_nano) },
    ...{ arm: row.arm, draftVersion: row.draft_version, draftTokens: count(row.draft_tokens) },
    ...{ acceptedTokens: count(row.accepted_tokens), verificationSteps: count(row.verification_steps) },
  }
}

/** Amounts are text, in JSON too: a double would round them. */
interface LedgerRow {
  readonly request_id: string
  readonly revision: number
  readonly tenant_id: string
  readonly key_id: string
  readonly model: string
  readonly price_id: string | null
  readonly started_at: string
  readonly finished_at: string
  readonly status: string
  readonly input_tokens: number
  readonly cached_tokens: number
  readonly output_tokens: number
  readonly input_nano: string
  readonly cached_nano: string
  readonly output_nano: string
  readonly arm: string | null
  readonly draft_version: string | null
  readonly draft_tokens: number | null
  readonly accepted_tokens: number | null
  readonly verification_steps: number | null
}

interface PageRow extends LedgerRow, Record<string, unknown> {
  readonly tenant_name: string
  readonly input_price: string | null
  readonly cached_price: string | null
  readonly output_price: string | null
  readonly told: LedgerRow | null
  readonly told_input_price: string | null
  readonly told_cached_price: string | null
  readonly told_output_price: string | null
}
