import { and, desc, eq, sql } from 'drizzle-orm'
import type { Database } from '../database.ts'
import { guarded } from '../errors.ts'
import { decisions } from '../schema/decisions.ts'

export type StoredDecision = typeof decisions.$inferSelect
export type NewDecision = Omit<StoredDecision, 'id' | 'decidedAt'> & { readonly targetId: string }

const ROWS_AT_ONCE = 1_000

/** Writes decisions. One that changes nothing replaces the last of its topic that did not. */
export async function recordDecisions(db: Database, made: readonly NewDecision[]): Promise<void> {
  const { tenantId, targetId, topic, changes } = decisions
  for (let from = 0; from < made.length; from += ROWS_AT_ONCE) {
    const rows = made.slice(from, from + ROWS_AT_ONCE)
    await guarded('record decisions', () =>
      db.drizzle
        .insert(decisions)
        .values(rows)
        .onConflictDoUpdate({
          target: [tenantId, targetId, topic],
          targetWhere: sql`not ${changes}`,
          set: {
            kind: sql`excluded.kind`,
            value: sql`excluded.value`,
            inputs: sql`excluded.inputs`,
            alternatives: sql`excluded.alternatives`,
            reason: sql`excluded.reason`,
            decidedAt: sql`now()`,
          },
        }),
    )
  }
}

/** A tenant's decisions, on one target or (absent) on any, the latest first. */
export function decisionsOf(
  db: Database,
  tenantId: string,
  decisionsMax: number,
  targetId?: string,
): Promise<StoredDecision[]> {
  return guarded('decisions of tenant', () =>
    db.drizzle
      .select()
      .from(decisions)
      .where(
        and(eq(decisions.tenantId, tenantId), targetId === undefined ? undefined : eq(decisions.targetId, targetId)),
      )
      .orderBy(desc(decisions.decidedAt), desc(decisions.id))
      .limit(decisionsMax),
  )
}
