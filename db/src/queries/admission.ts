import { type SQL, sql } from 'drizzle-orm'
import type { Database } from '../database.ts'
import { guarded } from '../errors.ts'
import { prepared } from '../prepared.ts'
import { priceInForce } from './rating.ts'

export interface AdmissionRequest {
  readonly requestId: string
  readonly attempt: number
  readonly gatewayId: string
  readonly tenantId: string
  readonly keyId: string
  readonly model: string
  readonly startedAt: Date
  /** As far as it can be told before a worker has read the prompt. */
  readonly promptTokens: number
  /** Completion tokens that its first reservation is to cover, and those without which it makes no sense. */
  readonly tokensWanted: number
  readonly tokensNeeded: number
}

export const DENIALS = ['requests', 'tokens', 'streams', 'budget'] as const
export type Denial = (typeof DENIALS)[number]

/** How much of a limit an account has: state after the decision. */
export interface AccountState {
  readonly requestsPerMinute: number | null
  readonly requestsFreeUs: number
  readonly tokensPerMinute: number | null
  readonly tokensFreeUs: number
  readonly streamsMax: number | null
  readonly streams: number
  readonly budgeted: boolean
}

export interface Admission {
  /** Null: admitted. Else the first limit that was reached. */
  readonly denial: Denial | null
  /** Tokens that the request was counted as for the limit of tokens. */
  readonly tokens: number
  /** Reserved for it; null where no budget bounds it. */
  readonly grantedNano: bigint | null
  readonly rates: { readonly input: bigint; readonly cachedInput: bigint; readonly output: bigint } | null
  /** The database's clock, in microseconds of Unix time. */
  readonly nowUs: number
  readonly accounts: readonly AccountState[]
}

interface Options {
  /** How long a reservation holds without being renewed. */
  readonly leaseMs: number
  /** By the database's clock where absent. */
  readonly now?: Date
}

/**
 * Decides whether a request may begin, and takes what it needs of every limit: all of them or none, in one statement
 * that holds the tenant's and the key's row meanwhile. However many gateways ask at once, what they were granted never
 * adds up to more than there is.
 */
export async function admit(db: Database, request: AdmissionRequest, options: Options): Promise<Admission> {
  const { startedAt, ...values } = request
  const rows = await guarded('admit', () =>
    admitStatement(db.pool, { ...values, startedAt: startedAt.toISOString(), ...timing(options) }),
  )
  return readAdmission(rows, request.promptTokens)
}

/**
 * Takes more of the budget for a request that runs: `wantedNano`, or what is left where that is `neededNano` at least.
 *
 * @returns what it has been granted in all; null for a reservation that is gone, since its lease ran out
 */
export async function extendReservation(
  db: Database,
  request: { readonly requestId: string; readonly attempt: number; readonly gatewayId: string },
  more: { readonly wantedNano: bigint; readonly neededNano: bigint },
  options: Options,
): Promise<bigint | null> {
  const [held] = await guarded('extend reservation', () =>
    extendStatement(db.pool, {
      ...{ requestId: request.requestId, attempt: request.attempt, gatewayId: request.gatewayId },
      ...{ wantedNano: String(more.wantedNano), neededNano: String(more.neededNano) },
      ...timing(options),
    }),
  )
  return held ? BigInt(held.granted_nano) : null
}

/**
 * Renews a gateway's reservations, and counts what their requests used by now against the tokens of a minute.
 *
 * @returns those that still hold
 */
export async function renewReservations(
  db: Database,
  gatewayId: string,
  used: readonly { readonly requestId: string; readonly attempt: number; readonly tokens: number }[],
  options: Options,
): Promise<readonly { readonly requestId: string; readonly attempt: number }[]> {
  if (used.length === 0) return []
  const now = options.now ? sql`${options.now.toISOString()}::timestamptz` : sql`now()`
  const leaseUntil = sql`${now} + ${options.leaseMs}::int * interval '1 millisecond'`
  const { rows } = await guarded('renew reservations', () =>
    db.drizzle.execute<{ request_id: string; attempt: number }>(sql`
      with told as (
        select * from jsonb_to_recordset(${JSON.stringify(used)}::jsonb)
          as row ("requestId" text, attempt smallint, tokens int)
      ), held as (
        select reservations.*, greatest(reservations.tokens, told.tokens) as tokens_now
        from reservations join told on told."requestId" = request_id and told.attempt = reservations.attempt
        where gateway_id = ${gatewayId}
        order by request_id for update of reservations
      ), sums as (
        select account as id, sum(tokens_now - tokens) as more
        from held cross join lateral (values (tenant_id), (key_id)) as owner (account)
        group by account having sum(tokens_now - tokens) > 0
      ), mine as (
        select accounts.*, sums.more::bigint as more from accounts join sums using (id)
        where tokens_per_minute is not null
        order by id for update of accounts
      ), moved as (
        update accounts set tokens_free_us =
          greatest(mine.tokens_free_us, ${us(now)}) + mine.more * 60000000 / mine.tokens_per_minute
        from mine where accounts.id = mine.id
      )
      update reservations set tokens = held.tokens_now, lease_until = ${leaseUntil}
      from held
      where reservations.request_id = held.request_id and reservations.attempt = held.attempt
      returning reservations.request_id, reservations.attempt`),
  )
  return rows.map(({ request_id: requestId, attempt }) => ({ requestId, attempt }))
}

/**
 * Gives back what gateways had reserved that are gone: nobody renewed it in time. What such a request had delivered is
 * billed apart from that, see `settleLostRequests`.
 *
 * @returns how many
 */
export async function releaseReservations(db: Database, options: Pick<Options, 'now'> = {}): Promise<number> {
  const { rows } = await guarded('release reservations', () =>
    db.drizzle.execute<{ released: number }>(sql`
      with freed as (
        delete from reservations where lease_until < coalesce(${options.now?.toISOString() ?? null}::timestamptz, now())
        returning *
      ), sums as (
        select account as id, count(*) as streams, sum(granted_nano) as nano
        from freed cross join lateral (values (tenant_id), (key_id)) as owner (account)
        group by account
      ), mine as (
        select accounts.*, sums.streams as less, sums.nano from accounts join sums using (id)
        order by id for update of accounts
      ), moved as (
        update accounts set streams = mine.streams - mine.less, reserved_nano = mine.reserved_nano - mine.nano
        from mine where accounts.id = mine.id
      )
      select count(*)::int as released from freed`),
  )
  return rows[0]?.released ?? 0
}

const given = (name: string) => sql.placeholder(name)
const us = (at: SQL): SQL => sql`(extract(epoch from ${at}) * 1000000)::bigint`
const NOW = sql`coalesce(${given('now')}::timestamptz, now())`
const LEASE_UNTIL = sql`${NOW} + ${given('leaseMs')}::int * interval '1 millisecond'`
const PROMPT = sql`${given('promptTokens')}::bigint`

function timing({ now, leaseMs }: Options) {
  return { now: now?.toISOString() ?? null, leaseMs }
}

/** Accounts by id, locked in one order everywhere, with their windows as of now and what their budgets leave. */
function lockedAccounts(ids: SQL): SQL {
  return sql`
    select held.*,
      least(
        day_nano_max - reserved_nano - case when day = day_now then day_spent_nano else 0 end,
        month_nano_max - reserved_nano - case when month = month_now then month_spent_nano else 0 end
      ) as left_nano
    from (
      select accounts.*, ${us(NOW)} as now_us,
        greatest(day, (${NOW} at time zone 'utc')::date) as day_now,
        greatest(month, date_trunc('month', ${NOW} at time zone 'utc')::date) as month_now
      from accounts where id in (${ids})
      order by id for update
    ) as held`
}

/** What was spent on another day is not spent today. */
function rolledWindows(held: SQL): SQL {
  return sql`
    day = ${held}.day_now,
    day_spent_nano = case when ${held}.day = ${held}.day_now then ${held}.day_spent_nano else 0 end,
    month = ${held}.month_now,
    month_spent_nano = case when ${held}.month = ${held}.month_now then ${held}.month_spent_nano else 0 end`
}

const admitStatement = prepared<AdmissionRow>(
  'admit',
  sql`
    with mine as (
      ${lockedAccounts(sql`${given('tenantId')}, ${given('keyId')}`)}
    ), judged as (
      select *,
        greatest(requests_free_us, now_us) + 60000000 / requests_per_minute as requests_free_next,
        greatest(tokens_free_us, now_us) + ${PROMPT} * 60000000 / tokens_per_minute as tokens_free_next,
        -- A prompt that no minute has room for begins when the bucket is full.
        greatest(tokens_free_us, now_us)
          + least(${PROMPT}, tokens_per_minute) * 60000000 / tokens_per_minute as tokens_free_needed
      from mine
    ), price as (
      select * from ${priceInForce(sql`${given('model')}`, sql`${given('startedAt')}::timestamptz`)} as price
    ), costs as (
      select coalesce(max(input), 0) * ${PROMPT} + coalesce(max(output), 0) * ${given('tokensWanted')}::bigint as wanted,
        coalesce(max(input), 0) * ${PROMPT} + coalesce(max(output), 0) * ${given('tokensNeeded')}::bigint as needed
      from price
    ), decision as (
      select
        case
          when bool_or(requests_free_next > now_us + 60000000) then 'requests'
          when bool_or(tokens_free_needed > now_us + 60000000) then 'tokens'
          when bool_or(streams >= streams_max) then 'streams'
          when min(left_nano) < min(costs.needed) then 'budget'
        end as denial,
        least(min(costs.wanted), min(left_nano)) as granted_nano, min(left_nano) is not null as budgeted
      from judged cross join costs
    ), held as (
      insert into reservations (request_id, attempt, gateway_id, tenant_id, key_id, granted_nano, tokens, lease_until)
      select ${given('requestId')}, ${given('attempt')}::smallint, ${given('gatewayId')}, ${given('tenantId')},
        ${given('keyId')}, case when budgeted then granted_nano else 0 end, ${PROMPT}, ${LEASE_UNTIL}
      from decision where denial is null and exists (select from judged)
    ), moved as (
      update accounts set
        requests_free_us = coalesce(requests_free_next, accounts.requests_free_us),
        tokens_free_us = coalesce(tokens_free_next, accounts.tokens_free_us),
        streams = judged.streams + 1,
        reserved_nano = judged.reserved_nano + case when budgeted then granted_nano else 0 end,
        ${rolledWindows(sql`judged`)}
      from judged, decision
      where accounts.id = judged.id and denial is null
    )
    select decision.denial, decision.budgeted, decision.granted_nano,
      price.input, price.cached_input, price.output, judged.*
    from decision left join price on true left join judged on true
    order by judged.id`,
)

const extendStatement = prepared<{ granted_nano: string }>(
  'extend_reservation',
  sql`
    with hold as (
      select * from reservations
      where request_id = ${given('requestId')} and attempt = ${given('attempt')}::smallint
        and gateway_id = ${given('gatewayId')}
      for update
    ), mine as (
      ${lockedAccounts(sql`select tenant_id from hold union select key_id from hold`)}
    ), decision as (
      select case
        when min(left_nano) is null or min(left_nano) >= ${given('wantedNano')}::bigint then ${given('wantedNano')}::bigint
        when min(left_nano) >= ${given('neededNano')}::bigint then min(left_nano)
        else 0 end as more_nano
      from mine
    ), moved as (
      update accounts set reserved_nano = mine.reserved_nano + more_nano, ${rolledWindows(sql`mine`)}
      from mine, decision where accounts.id = mine.id
    )
    update reservations set granted_nano = hold.granted_nano + more_nano, lease_until = ${LEASE_UNTIL}
    from hold, decision
    where reservations.request_id = hold.request_id and reservations.attempt = hold.attempt
    returning reservations.granted_nano`,
)

interface AdmissionRow extends Record<string, unknown> {
  readonly denial: Denial | null
  readonly budgeted: boolean
  readonly granted_nano: string | null
  readonly input: string | null
  readonly cached_input: string | null
  readonly output: string | null
  /** Of an account; null where there is none any more. */
  readonly id: string | null
  readonly now_us: string
  readonly requests_per_minute: number | null
  readonly requests_free_us: string
  readonly requests_free_next: string | null
  readonly tokens_per_minute: number | null
  readonly tokens_free_us: string
  readonly tokens_free_next: string | null
  readonly streams: number
  readonly streams_max: number | null
  readonly left_nano: string | null
}

function readAdmission(rows: readonly AdmissionRow[], tokens: number): Admission {
  const [first] = rows
  const denial = first?.denial ?? null
  const { input, cached_input, output } = first ?? {}
  const rates =
    input && cached_input && output
      ? { input: BigInt(input), cachedInput: BigInt(cached_input), output: BigInt(output) }
      : null
  const granted = first?.budgeted && denial === null ? first.granted_nano : null
  return {
    denial,
    tokens,
    grantedNano: granted === null ? null : BigInt(granted),
    rates,
    nowUs: Number(first?.now_us ?? 0),
    accounts: rows.filter(({ id }) => id !== null).map((row) => accountState(row, denial === null)),
  }
}

function accountState(row: AdmissionRow, admitted: boolean): AccountState {
  const after = (next: string | null, before: string) => Number((admitted && next) || before)
  return {
    requestsPerMinute: row.requests_per_minute,
    requestsFreeUs: after(row.requests_free_next, row.requests_free_us),
    tokensPerMinute: row.tokens_per_minute,
    tokensFreeUs: after(row.tokens_free_next, row.tokens_free_us),
    streamsMax: row.streams_max,
    streams: row.streams + (admitted ? 1 : 0),
    budgeted: row.left_nano !== null,
  }
}
