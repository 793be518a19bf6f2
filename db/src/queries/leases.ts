import { and, eq, sql } from 'drizzle-orm'
import type { Database } from '../database.ts'
import { guarded } from '../errors.ts'
import { leases } from '../schema/leases.ts'

/**
 * Takes or renews a lease, by the database's clock. Null: another holds it. Of any number who ask at once one gets it.
 *
 * @returns the epoch: it rises whenever the holder changes
 */
export async function holdLease(
  db: Database,
  lease: { readonly name: string; readonly holder: string; readonly leaseMs: number },
): Promise<number | null> {
  const { name, holder, leaseMs } = lease
  const until = sql`now() + ${leaseMs} * interval '1 millisecond'`
  const [held] = await guarded('hold lease', () =>
    db.drizzle
      .insert(leases)
      .values({ name, holder, epoch: 1, until })
      .onConflictDoUpdate({
        target: leases.name,
        set: { holder, until, epoch: sql`${leases.epoch} + (${leases.holder} <> ${holder})::int` },
        setWhere: sql`${leases.holder} = ${holder} or ${leases.until} < now()`,
      })
      .returning({ epoch: leases.epoch }),
  )
  return held?.epoch ?? null
}

/** Gives a lease up; harmless where another holds it. */
export async function releaseLease(db: Database, { name, holder }: { name: string; holder: string }): Promise<void> {
  await guarded('release lease', () =>
    db.drizzle
      .update(leases)
      .set({ until: sql`now()` })
      .where(and(eq(leases.name, name), eq(leases.holder, holder))),
  )
}
