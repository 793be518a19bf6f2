import { asc, desc, ne, sql } from 'drizzle-orm'
import { audited } from '../audit/audited.ts'
import type { Database } from '../database.ts'
import { guarded } from '../errors.ts'
import { newId } from '../ids.ts'
import { prices } from '../schema/prices.ts'

export type PriceVersion = typeof prices.$inferSelect
export type NewPrice = Omit<PriceVersion, 'id' | 'createdAt' | 'validFrom'>

/** When a price comes into force: at a moment, or so long from now, by the database's clock. */
export type PriceStart = { readonly at: Date } | { readonly inMs: number }

export type PriceRefused =
  /** What began since then has been told another price. */
  | 'in_the_past'
  /** The deployment bills in another one already: budgets and bills are sums. */
  | 'other_currency'
  /** There is a version of this model from that moment on. */
  | 'taken'

/** Adds a version of a model's price. */
export function addPrice(
  db: Database,
  price: NewPrice,
  from: PriceStart,
): Promise<{ ok: true; price: PriceVersion } | { ok: false; reason: PriceRefused }> {
  return audited(db, 'add price', async (tx, note) => {
    // One at a time: two first prices in two currencies must not both be the first.
    await tx.execute(sql`lock table prices in share row exclusive mode`)
    const [other] = await tx.select().from(prices).where(ne(prices.currency, price.currency)).limit(1)
    if (other) return { ok: false as const, reason: 'other_currency' as const }
    const { rows } = await tx.execute<{ valid_from: Date; past: boolean }>(
      'at' in from
        ? sql`select valid_from, valid_from < clock_timestamp() as past
              from (select ${from.at.toISOString()}::timestamptz as valid_from) as given`
        : sql`select clock_timestamp() + ${from.inMs}::int * interval '1 millisecond' as valid_from, false as past`,
    )
    const [start] = rows
    if (!start || start.past) return { ok: false as const, reason: 'in_the_past' as const }
    const validFrom = new Date(start.valid_from)
    const [added] = await tx
      .insert(prices)
      .values({ ...price, id: newId('price'), validFrom })
      .onConflictDoNothing({ target: [prices.model, prices.validFrom] })
      .returning()
    if (!added) return { ok: false as const, reason: 'taken' as const }
    note({ action: 'price.added', subjectId: added.id, tenantId: null, after: plainPrice(added) })
    return { ok: true as const, price: added }
  })
}

/** Money as digits: JSON has no whole numbers of its size. */
function plainPrice(price: PriceVersion): Record<string, string> {
  const text = (value: string | bigint | Date) => (value instanceof Date ? value.toISOString() : String(value))
  return Object.fromEntries(Object.entries(price).map(([name, value]) => [name, text(value)]))
}

/** All versions, by model, the latest first. */
export function listPrices(db: Database): Promise<PriceVersion[]> {
  return guarded('list prices', () =>
    db.drizzle.select().from(prices).orderBy(asc(prices.model), desc(prices.validFrom)),
  )
}
