import { asc, eq, gt, lt, sql } from 'drizzle-orm'
import type { Database } from '../database.ts'
import { guarded } from '../errors.ts'
import { processes } from '../schema/processes.ts'

export type Process = typeof processes.$inferSelect
export type ProcessAnnouncement = Pick<Process, 'id' | 'role' | 'state' | 'url' | 'host' | 'pid' | 'details'>

/** Notified, with the role as payload, when a process comes, changes its state or goes. */
export const PROCESSES_CHANNEL = 'foretoken_processes'

/**
 * Writes a process's row, new or known, and renews its lease.
 *
 * @returns the database's time
 */
export async function announceProcess(
  db: Database,
  announcement: ProcessAnnouncement,
  options: {
    readonly leaseMs: number
    /** Whether it is news to others, beyond that it is alive. */
    readonly news: boolean
  },
): Promise<Date> {
  const leaseUntil = sql`now() + ${options.leaseMs} * interval '1 millisecond'`
  const { state, url, details, role } = announcement
  return guarded('announce process', async () => {
    const [written] = await db.drizzle
      .insert(processes)
      .values({ ...announcement, leaseUntil })
      .onConflictDoUpdate({ target: processes.id, set: { state, url, details, leaseUntil, seenAt: sql`now()` } })
      .returning({ seenAt: processes.seenAt })
    if (options.news) await notify(db, role)
    if (!written) throw new Error('an announcement wrote no row')
    return written.seenAt
  })
}

/** Takes a process's row away. */
export async function removeProcess(db: Database, { id, role }: Pick<Process, 'id' | 'role'>): Promise<void> {
  await guarded('remove process', async () => {
    await db.drizzle.delete(processes).where(eq(processes.id, id))
    await notify(db, role)
  })
}

/** Those whose lease holds, by role and age. */
export function listProcesses(db: Database): Promise<Process[]> {
  return guarded('list processes', () =>
    db.drizzle
      .select()
      .from(processes)
      .where(gt(processes.leaseUntil, sql`now()`))
      .orderBy(asc(processes.role), asc(processes.startedAt)),
  )
}

/** Drops what is left of processes that ended without a word, once nobody wants to read of them any more. */
export async function removeExpiredProcesses(db: Database, keptMs: number): Promise<void> {
  await guarded('remove expired processes', () =>
    db.drizzle.delete(processes).where(lt(processes.leaseUntil, sql`now() - ${keptMs} * interval '1 millisecond'`)),
  )
}

const notify = (db: Database, role: string) => db.drizzle.execute(sql`select pg_notify(${PROCESSES_CHANNEL}, ${role})`)
