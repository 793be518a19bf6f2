import { asc, eq, sql } from 'drizzle-orm'
import { audited } from '../audit/audited.ts'
import type { Database } from '../database.ts'
import { guarded } from '../errors.ts'
import { accounts } from '../schema/accounts.ts'

export type Account = typeof accounts.$inferSelect

/** Null: no limit. Money in nano-units. */
export type Limits = Pick<
  Account,
  'requestsPerMinute' | 'tokensPerMinute' | 'streamsMax' | 'dayNanoMax' | 'monthNanoMax'
>

/** Of a tenant, or of one of its keys, which are bounded by the tenant's as well. */
export interface AccountOwner {
  readonly tenantId: string
  readonly keyId: string | null
}

/**
 * Sets some of an owner's limits; what is not named stays. The first time it also counts what was spent in this day
 * and month and what runs now: until then nobody kept account of it. The database refuses a foreign key's id.
 */
export function setLimits(db: Database, owner: AccountOwner, limits: Partial<Limits>): Promise<Account> {
  const { tenantId, keyId } = owner
  const id = keyId ?? tenantId
  return audited(db, 'set limits', async (tx, note) => {
    // Whatever posts or reserves waits for it, and what it counts below is then all there is.
    await tx.execute(sql`lock table accounts in share row exclusive mode`)
    await tx.execute(sql`
        insert into accounts (id, tenant_id, key_id, day, month, day_spent_nano, month_spent_nano, streams, reserved_nano)
        select ${id}, ${tenantId}, ${keyId}, today.day, today.month, spent.day_nano, spent.month_nano,
          running.streams, running.nano
        from (
          select (now() at time zone 'utc')::date as day, date_trunc('month', now() at time zone 'utc')::date as month
        ) as today
        cross join lateral (
          select
            coalesce(sum(total_nano) filter (where (finished_at at time zone 'utc')::date = today.day), 0) as day_nano,
            coalesce(sum(total_nano), 0) as month_nano
          from (
            select distinct on (request_id) * from ledger
            where tenant_id = ${tenantId} and (${keyId}::text is null or key_id = ${keyId})
              and finished_at >= (today.month::timestamp - interval '1 month') at time zone 'utc'
            order by request_id, revision desc
          ) as standing
          where date_trunc('month', finished_at at time zone 'utc') = today.month
        ) as spent
        cross join lateral (
          select count(*) as streams, coalesce(sum(granted_nano), 0) as nano from reservations
          where tenant_id = ${tenantId} and (${keyId}::text is null or key_id = ${keyId})
        ) as running
        on conflict (id) do nothing`)
    const [before] = await tx.select().from(accounts).where(eq(accounts.id, id))
    const [account] = await tx
      .update(accounts)
      .set({ ...limits, id })
      .where(eq(accounts.id, id))
      .returning()
    if (!before || !account) throw new Error('an account that was just there')
    note({ action: 'limits.set', subjectId: id, tenantId, before: plainLimits(before), after: plainLimits(account) })
    return account
  })
}

function plainLimits({ requestsPerMinute, tokensPerMinute, streamsMax, dayNanoMax, monthNanoMax }: Limits) {
  const budgets = { dayNanoMax: dayNanoMax?.toString() ?? null, monthNanoMax: monthNanoMax?.toString() ?? null }
  return { requestsPerMinute, tokensPerMinute, streamsMax, ...budgets }
}

/** The accounts of a tenant, its own first. */
export function listLimits(db: Database, tenantId: string): Promise<Account[]> {
  return guarded('list limits', () =>
    db.drizzle
      .select()
      .from(accounts)
      .where(eq(accounts.tenantId, tenantId))
      .orderBy(sql`${accounts.keyId} is not null`, asc(accounts.id)),
  )
}
