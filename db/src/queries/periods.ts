import { asc, desc, sql } from 'drizzle-orm'
import type { Database } from '../database.ts'
import { guarded } from '../errors.ts'
import { billingPeriods, ledger } from '../schema/ledger.ts'

export type ClosedPeriod = typeof billingPeriods.$inferSelect

export type CloseRefused =
  /** It has not ended, by the database's clock. */
  | 'not_over'
  /** An earlier one is open still: what came late to that would have nowhere to go. */
  | 'earlier_open'

/**
 * Closes a billing period for good: what it holds now is what it will hold for ever. Closing it again changes nothing.
 *
 * @param period a month in UTC, `2026-11`
 */
export function closePeriod(
  db: Database,
  period: string,
  options: { readonly now?: Date } = {},
): Promise<{ ok: true; closed: ClosedPeriod } | { ok: false; reason: CloseRefused }> {
  const now = options.now ? sql`${options.now.toISOString()}::timestamptz` : sql`now()`
  return guarded('close period', () =>
    db.drizzle.transaction(async (tx) => {
      // Waits for bills that are being written, and holds back new ones: no lower id can come after the watermark.
      await tx.execute(sql`lock table ledger in share mode`)
      const [known] = await tx.select().from(billingPeriods).where(sql`period = ${period}`)
      if (known) return { ok: true as const, closed: known }
      const { rows } = await tx.execute<{ over: boolean; earlier: boolean }>(sql`
        select ((${period} || '-01')::timestamp + interval '1 month') at time zone 'utc' <= ${now} as over,
          case when exists (select from billing_periods)
            then to_char((${period} || '-01')::date - interval '1 month', 'YYYY-MM') > (select max(period) from billing_periods)
            else exists (select from ledger where finished_at < ((${period} || '-01')::timestamp at time zone 'utc'))
          end as earlier`)
      if (!rows[0]?.over) return { ok: false as const, reason: 'not_over' as const }
      if (rows[0].earlier) return { ok: false as const, reason: 'earlier_open' as const }
      const [closed] = await tx
        .insert(billingPeriods)
        .values({ period, watermark: sql`(select coalesce(max(id), 0) from ledger)` })
        .returning()
      if (!closed) throw new Error('a period that was just closed')
      return { ok: true as const, closed }
    }),
  )
}

/** Oldest first. */
export function listClosedPeriods(db: Database): Promise<ClosedPeriod[]> {
  return guarded('list closed periods', () =>
    db.drizzle.select().from(billingPeriods).orderBy(asc(billingPeriods.period)),
  )
}

/** The last one that was closed. */
export async function lastClosedPeriod(db: Database): Promise<ClosedPeriod | null> {
  const [last] = await guarded('last closed period', () =>
    db.drizzle.select().from(billingPeriods).orderBy(desc(billingPeriods.period)).limit(1),
  )
  return last ?? null
}

/** When the first request finished that was ever billed. */
export async function firstBilledAt(db: Database): Promise<Date | null> {
  const [first] = await guarded('first billed at', () =>
    db.drizzle.select({ at: ledger.finishedAt }).from(ledger).orderBy(asc(ledger.finishedAt)).limit(1),
  )
  return first?.at ?? null
}
