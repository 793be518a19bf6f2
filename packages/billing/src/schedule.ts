import { closePeriod, type Database, firstBilledAt, lastClosedPeriod, listClosedPeriods } from '@foretoken/db'
import { nextPeriod, periodOf, spanOf } from '@foretoken/metering'
import { EXPORT_FORMATS } from '@foretoken/metering/export'
import type { ObjectStore } from '@foretoken/storage'
import { exportPeriod } from './export-period.ts'
import { exportKey, MANIFEST, storeExport } from './store-export.ts'

export interface CloseRules {
  /** Days after a period's end when it is closed; null: by hand alone. */
  readonly closeAfterDays: number | null
}

const DAY_MS = 86_400_000

/** Closes the periods that are due, and exports those that are closed and were not exported. Returns what it did. */
export async function closeAndExport(
  db: Database,
  store: Pick<ObjectStore, 'get' | 'put'>,
  { closeAfterDays }: CloseRules,
  now: Date,
): Promise<{ readonly closed: readonly string[]; readonly exported: readonly string[] }> {
  const closed = closeAfterDays === null ? [] : await closeDue(db, closeAfterDays, now)
  const exported: string[] = []
  for (const { period } of await listClosedPeriods(db)) {
    if (await store.get(exportKey(period, MANIFEST))) continue
    await storeExport(store, await exportPeriod(db, period, EXPORT_FORMATS))
    exported.push(period)
  }
  return { closed, exported }
}

async function closeDue(db: Database, closeAfterDays: number, now: Date): Promise<string[]> {
  const closed: string[] = []
  let period = await nextToClose(db)
  while (period !== null && spanOf(period).to.getTime() + closeAfterDays * DAY_MS <= now.getTime()) {
    const result = await closePeriod(db, period)
    if (!result.ok) break
    closed.push(period)
    period = nextPeriod(period)
  }
  return closed
}

/** Null before anything was billed. */
async function nextToClose(db: Database): Promise<string | null> {
  const last = await lastClosedPeriod(db)
  if (last) return nextPeriod(last.period)
  const first = await firstBilledAt(db)
  return first && periodOf(first)
}
