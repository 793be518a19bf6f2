import { type SQL, sql } from 'drizzle-orm'

/**
 * The price in force for a model at a moment, as a row of `prices`: the model's own before that of any, the latest of
 * each. `priceInForce` of `@foretoken/metering` says the same, and a test compares them.
 */
export function priceInForce(model: SQL, at: SQL): SQL {
  return sql`(
    select * from prices where model in (${model}, '*') and valid_from <= ${at}
    order by model = '*', valid_from desc limit 1
  )`
}

/**
 * The bill of each row of `requests` that `written` holds, with the columns that the ledger has: `billedTokens` and
 * `charge` of `@foretoken/metering` in SQL.
 */
export function bills(written: SQL): SQL {
  return sql`(
    select billed.*, input_nano + cached_nano + output_nano as total_nano
    from (
      select request.*, price.id as price_id,
        input_tokens * coalesce(price.input, 0) as input_nano,
        billed_cached * coalesce(price.cached_input, 0) as cached_nano,
        output_tokens * coalesce(price.output, 0) as output_nano
      from (
        select each.*,
          -- What others knew of a lost attempt is odd, what its gateway says itself is even and stands.
          (2 * attempt - (error_code is not distinct from 'gateway_lost')::int)::smallint as revision,
          case when free then 0 else prompt_tokens - cached_tokens end as input_tokens,
          case when free then 0 else cached_tokens end as billed_cached,
          case when free then 0 else completion_tokens end as output_tokens
        from (
          select *, status = 'failed' and completion_tokens = 0 as free from ${written} as facts
        ) as each
      ) as request
      left join lateral ${priceInForce(sql`request.model`, sql`request.started_at`)} as price on true
    ) as billed
  )`
}
