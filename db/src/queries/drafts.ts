import { and, desc, eq, isNull, type SQL, sql } from 'drizzle-orm'
import type { Database } from '../database.ts'
import { guarded } from '../errors.ts'
import { acceptanceStats } from '../schema/acceptance.ts'
import { draftVersions } from '../schema/drafts.ts'

export type DraftVersion = typeof draftVersions.$inferSelect

/** A tenant's drafts for one target, or (tenant null) the shared static ones. */
export interface Lineage {
  readonly tenantId: string | null
  /** Null: those whose target is not known yet. */
  readonly targetId: string | null
}

/** All versions of a tenant, or (null) the shared ones, whatever target they are for; newest first. */
export function listDraftVersions(db: Database, tenantId: string | null): Promise<DraftVersion[]> {
  return guarded('list draft versions', () =>
    db.drizzle.select().from(draftVersions).where(ofOwner(tenantId)).orderBy(desc(draftVersions.version)),
  )
}

/** The version of a lineage that is served now. */
export async function liveDraftVersion(db: Database, lineage: Lineage): Promise<DraftVersion | null> {
  const rows = await guarded('live draft version', () =>
    db.drizzle
      .select()
      .from(draftVersions)
      .where(and(inLineage(lineage), eq(draftVersions.state, 'live')))
      .limit(1),
  )
  return rows[0] ?? null
}

/** Keys of all versions' folders, of every lineage, whose files were not deleted. */
export async function storedDraftKeys(db: Database): Promise<string[]> {
  const rows = await guarded('stored draft keys', () =>
    db.drizzle
      .select({ key: draftVersions.artifactUri })
      .from(draftVersions)
      .where(isNull(draftVersions.artifactDeletedAt)),
  )
  return rows.map(({ key }) => key)
}

export interface ArmAcceptance {
  readonly targetId: string | null
  readonly arm: string
  readonly draftVersion: string | null
  readonly steps: number
  readonly committed: number
  readonly proposed: number
  readonly accepted: number
}

/** How well each arm, and each version of it, has drafted for a tenant on each target, over all that is kept. */
export function acceptanceByVersion(db: Database, tenantId: string): Promise<ArmAcceptance[]> {
  const { targetId, arm, draftVersion, steps, committed, proposed, accepted } = acceptanceStats
  const total = (column: SQL | typeof steps) => sql<number>`sum(${column})`.mapWith(Number)
  return guarded('acceptance by version', () =>
    db.drizzle
      .select({
        targetId,
        arm,
        draftVersion,
        steps: total(steps),
        committed: total(committed),
        proposed: total(proposed),
        accepted: total(accepted),
      })
      .from(acceptanceStats)
      .where(eq(acceptanceStats.tenantId, tenantId))
      .groupBy(targetId, arm, draftVersion)
      .orderBy(targetId, arm, draftVersion),
  )
}

export function ofOwner(tenantId: string | null): SQL | undefined {
  return tenantId === null
    ? and(isNull(draftVersions.tenantId), eq(draftVersions.arm, 'static'))
    : and(eq(draftVersions.tenantId, tenantId), eq(draftVersions.arm, 'adaptive'))
}

export function inLineage({ tenantId, targetId }: Lineage): SQL | undefined {
  const forTarget = targetId === null ? isNull(draftVersions.targetId) : eq(draftVersions.targetId, targetId)
  return and(ofOwner(tenantId), forTarget)
}
