import { type SQL, sql } from 'drizzle-orm'
import type { Database } from '../database.ts'
import { guarded } from '../errors.ts'
import { bills, priceInForce } from './rating.ts'

export interface Violation {
  /** Of the invariant. */
  readonly name: string
  readonly rows: number
  /** What the first of them are about: ids, never content. */
  readonly examples: readonly string[]
}

const EXAMPLES = 5

/**
 * Looks whether the books are right: each query finds what must not be, and so finds nothing. Together they say that
 * usage, ledger, accounts and reservations tell one story, to the last unit. All see the same moment, so they may run
 * while the platform serves.
 */
export function checkBooks(db: Database): Promise<readonly Violation[]> {
  return guarded('check books', () =>
    db.drizzle.transaction(
      async (tx) => {
        const violations: Violation[] = []
        for (const [name, query] of Object.entries(INVARIANTS)) {
          const { rows } = await tx.execute<{ rows: number; examples: string[] | null }>(sql`
            with found as ${query}
            select count(*)::int as rows, (array_agg(id order by id))[1:${sql.raw(String(EXAMPLES))}] as examples from found`)
          const [found] = rows
          if (found && found.rows > 0) violations.push({ name, rows: found.rows, examples: found.examples ?? [] })
        }
        return violations
      },
      { isolationLevel: 'repeatable read', accessMode: 'read only' },
    ),
  )
}

/** The bill of each request that stands. */
const STANDING = sql`(select distinct on (request_id) * from ledger order by request_id, revision desc)`

const spentIn = (window: 'day' | 'month'): SQL => {
  const start = sql.raw(`accounts.${window}::timestamp`)
  return sql`coalesce((
    select sum(total_nano) from ledger as bill
    where bill.tenant_id = accounts.tenant_id and (accounts.key_id is null or bill.key_id = accounts.key_id)
      and finished_at >= ${start} at time zone 'utc'
      and finished_at < (${start} + ${sql.raw(`interval '1 ${window}'`)}) at time zone 'utc'
      and not exists (
        select from ledger as newer where newer.request_id = bill.request_id and newer.revision > bill.revision
      )
  ), 0)`
}

const running = (what: SQL): SQL => sql`(
  select ${what} from reservations
  where reservations.tenant_id = accounts.tenant_id
    and (accounts.key_id is null or reservations.key_id = accounts.key_id)
)`

/** Each selects the `id` of what must not be. */
const INVARIANTS: Readonly<Record<string, SQL>> = {
  'usage that was not billed': sql`(
    select id from requests where not exists (select from ledger where ledger.request_id = requests.id)
  )`,
  'a bill that is not what its usage costs at the price in force when it began': sql`(
    select bill.id from ${bills(sql`requests`)} as bill
    join ${STANDING} as posted on posted.request_id = bill.id
    where (bill.revision, bill.tenant_id, bill.key_id, bill.model, bill.price_id, bill.started_at, bill.finished_at,
        bill.input_tokens, bill.billed_cached, bill.output_tokens, bill.input_nano, bill.cached_nano, bill.output_nano)
      is distinct from (posted.revision, posted.tenant_id, posted.key_id, posted.model, posted.price_id,
        posted.started_at, posted.finished_at, posted.input_tokens, posted.cached_tokens, posted.output_tokens,
        posted.input_nano, posted.cached_nano, posted.output_nano)
  )`,
  'a bill, corrected or not, that is not its tokens times its price': sql`(
    select ledger.request_id as id from ledger
    left join lateral ${priceInForce(sql`ledger.model`, sql`ledger.started_at`)} as price on true
    where price.id is distinct from ledger.price_id
      or ledger.input_nano <> ledger.input_tokens * coalesce(price.input, 0)
      or ledger.cached_nano <> ledger.cached_tokens * coalesce(price.cached_input, 0)
      or ledger.output_nano <> ledger.output_tokens * coalesce(price.output, 0)
  )`,
  'an account whose day is not the bills of that day': sql`(
    select id from accounts where day_spent_nano <> ${spentIn('day')}
  )`,
  'an account whose month is not the bills of that month': sql`(
    select id from accounts where month_spent_nano <> ${spentIn('month')}
  )`,
  'an account that has more or less reserved than its requests': sql`(
    select id from accounts
    where reserved_nano <> ${running(sql`coalesce(sum(granted_nano), 0)`)} or streams <> ${running(sql`count(*)`)}
  )`,
  'a reservation of a request that was billed': sql`(
    select reservations.request_id as id from reservations join ledger using (request_id)
    where ledger.revision % 2 = 0 and ledger.revision / 2 >= reservations.attempt
  )`,
  'a billing period that was closed out of order': sql`(
    select later.period as id from billing_periods as later join billing_periods as earlier
      on earlier.period < later.period and earlier.watermark > later.watermark
  )`,
  'two currencies': sql`(select currency as id from prices where currency <> (select min(currency) from prices))`,
}
