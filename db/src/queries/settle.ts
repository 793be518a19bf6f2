import { sql } from 'drizzle-orm'
import { type Connection, prepared } from '../prepared.ts'
import { bills } from './rating.ts'

/**
 * Posts the bills of requests whose usage was just written in this transaction, and moves their money in the accounts
 * that they count against: what was reserved is free, what was billed is spent. A bill that is in the ledger already
 * moves nothing.
 *
 * A statement of its own, behind the one that wrote the usage: that may have waited for another process to write the
 * same request, whose bill only a later snapshot sees.
 */
export async function settle(client: Connection, requestIds: readonly string[]): Promise<void> {
  if (requestIds.length > 0) await settleStatement(client, { requestIds })
}

const settleStatement = prepared(
  'settle',
  sql`
    with written as (
      select requests.*,
        (select arm.key from jsonb_each_text(arm_steps) as arm order by arm.value::int desc, arm.key limit 1) as arm
      from requests where id = any(${sql.placeholder('requestIds')}::text[])
    ), posted as (
      insert into ledger (request_id, revision, tenant_id, key_id, model, price_id, started_at, finished_at, status,
        input_tokens, cached_tokens, output_tokens, input_nano, cached_nano, output_nano, total_nano,
        arm, draft_version, draft_tokens, accepted_tokens, verification_steps)
      select id, revision, tenant_id, key_id, model, price_id, started_at, finished_at, status,
        input_tokens, billed_cached, output_tokens, input_nano, cached_nano, output_nano, total_nano,
        arm, draft_version, draft_tokens, accepted_tokens, verification_steps
      from ${bills(sql`written`)} as bill
      order by id
      on conflict (request_id, revision) do nothing
      returning *
    ), freed as (
      delete from reservations using posted
      where reservations.request_id = posted.request_id and reservations.attempt <= posted.revision / 2
        -- A gateway that only seems lost still delivers what it was granted: that is free when its lease runs out.
        and posted.revision % 2 = 0
      returning reservations.*
    ), freed_sums as (
      select request_id, count(*) as streams, sum(granted_nano) as nano, sum(tokens) as tokens from freed group by 1
    ), changes as (
      select posted.tenant_id, posted.key_id,
        (posted.finished_at at time zone 'utc')::date as day,
        before.finished_at as before_finished_at, coalesce(before.total_nano, 0) as before_nano, posted.total_nano,
        coalesce(freed.streams, 0) as streams, coalesce(freed.nano, 0) as freed_nano,
        -- What is still reserved counts its tokens itself; a correction is about some that were counted long ago.
        case when posted.revision % 2 = 1 or (freed.request_id is null and before.request_id is not null) then 0
          else posted.input_tokens + posted.cached_tokens + posted.output_tokens - coalesce(freed.tokens, 0)
          end as tokens
      from posted
      left join freed_sums as freed on freed.request_id = posted.request_id
      left join lateral (
        select * from ledger as older
        where older.request_id = posted.request_id and older.revision < posted.revision
        order by revision desc limit 1
      ) as before on true
    ), mine as (
      select * from accounts
      where id in (select tenant_id from changes union select key_id from changes)
      order by id for update
    ), windows as (
      select mine.id, greatest(mine.day, max(changes.day)) as day,
        greatest(mine.month, date_trunc('month', max(changes.day))::date) as month
      from mine join changes on mine.id in (changes.tenant_id, changes.key_id)
      group by mine.id, mine.day, mine.month
    ), moves as (
      select windows.id, windows.day, windows.month,
        sum(changes.streams) as streams, sum(changes.freed_nano) as freed_nano, sum(changes.tokens) as tokens,
        sum(changes.total_nano) filter (where changes.day = windows.day) as day_nano,
        sum(changes.before_nano) filter (
          where (changes.before_finished_at at time zone 'utc')::date = windows.day) as day_nano_before,
        sum(changes.total_nano) filter (where date_trunc('month', changes.day) = windows.month) as month_nano,
        sum(changes.before_nano) filter (
          where date_trunc('month', changes.before_finished_at at time zone 'utc') = windows.month) as month_nano_before
      from windows join changes on windows.id in (changes.tenant_id, changes.key_id)
      group by windows.id, windows.day, windows.month
    )
    update accounts set
      streams = mine.streams - moves.streams,
      reserved_nano = mine.reserved_nano - moves.freed_nano,
      day = moves.day,
      day_spent_nano = case when mine.day = moves.day then mine.day_spent_nano else 0 end
        + coalesce(moves.day_nano, 0) - coalesce(moves.day_nano_before, 0),
      month = moves.month,
      month_spent_nano = case when mine.month = moves.month then mine.month_spent_nano else 0 end
        + coalesce(moves.month_nano, 0) - coalesce(moves.month_nano_before, 0),
      tokens_free_us = case when mine.tokens_per_minute is null then mine.tokens_free_us else
        greatest(mine.tokens_free_us, (extract(epoch from now()) * 1000000)::bigint)
          + moves.tokens::bigint * 60000000 / mine.tokens_per_minute end
    from mine join moves using (id)
    where accounts.id = mine.id`,
)
