import { and, asc, eq, gte, lt, sql } from 'drizzle-orm'
import type { Database } from '../database.ts'
import { guarded } from '../errors.ts'
import { acceptanceStats } from '../schema/acceptance.ts'

/** What one request did with one arm; the worker's `ArmStatistics` fits as it is. */
export interface AcceptanceRecord {
  readonly arm: string
  readonly draftVersion: string | null
  readonly steps: number
  readonly committedTokens: number
  /** proposed[i], accepted[i]: draft tokens at position i that were verified and accepted. */
  readonly proposed: readonly number[]
  readonly accepted: readonly number[]
}

const BUCKET_MS = 5 * 60_000

/**
 * Adds a request's acceptance to its tenant's five-minute bucket, all arms and positions in one statement.
 *
 * Not idempotent: after a lost connection it may have counted or not. These are statistics, not money, so callers
 * don't repeat it. Rows go in a fixed order: two requests that touch the same rows then wait, never deadlock.
 */
export async function recordAcceptance(
  db: Database,
  tenantId: string,
  at: Date,
  arms: readonly AcceptanceRecord[],
): Promise<void> {
  const bucket = new Date(Math.floor(at.getTime() / BUCKET_MS) * BUCKET_MS)
  const rows = rowsByKey(arms).map((row) => ({ tenantId, bucket, ...row }))
  if (rows.length === 0) return
  const { arm, draftVersion, position } = acceptanceStats
  await guarded('record acceptance', () =>
    db.drizzle
      .insert(acceptanceStats)
      .values(rows)
      .onConflictDoUpdate({
        target: [acceptanceStats.tenantId, acceptanceStats.bucket, arm, draftVersion, position],
        set: {
          steps: sql`${acceptanceStats.steps} + excluded.steps`,
          committed: sql`${acceptanceStats.committed} + excluded.committed`,
          proposed: sql`${acceptanceStats.proposed} + excluded.proposed`,
          accepted: sql`${acceptanceStats.accepted} + excluded.accepted`,
        },
      }),
  )
}

/** A tenant's buckets that begin in [from, to), ordered by time, arm, version and position. */
export function acceptanceOf(
  db: Database,
  tenantId: string,
  period: { from: Date; to: Date },
): Promise<(typeof acceptanceStats.$inferSelect)[]> {
  const { bucket, arm, draftVersion, position } = acceptanceStats
  return guarded('read acceptance', () =>
    db.drizzle
      .select()
      .from(acceptanceStats)
      .where(and(eq(acceptanceStats.tenantId, tenantId), gte(bucket, period.from), lt(bucket, period.to)))
      .orderBy(asc(bucket), asc(arm), asc(draftVersion), asc(position)),
  )
}

interface Row {
  readonly arm: string
  readonly draftVersion: string | null
  readonly position: number
  steps: number
  committed: number
  proposed: number
  accepted: number
}

/** One row per (arm, version, position), sorted by that key: a statement may not touch one row twice. */
function rowsByKey(arms: readonly AcceptanceRecord[]): Row[] {
  const rows = new Map<string, Row>()
  for (const { arm, draftVersion, ...counts } of arms) {
    const positions = Math.max(1, counts.proposed.length)
    for (let position = 0; position < positions; position++) {
      const key = JSON.stringify([arm, draftVersion, position])
      const row = rows.get(key) ?? { arm, draftVersion, position, steps: 0, committed: 0, proposed: 0, accepted: 0 }
      row.steps += position === 0 ? counts.steps : 0
      row.committed += position === 0 ? counts.committedTokens : 0
      row.proposed += counts.proposed[position] ?? 0
      row.accepted += counts.accepted[position] ?? 0
      rows.set(key, row)
    }
  }
  return [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row)
}
