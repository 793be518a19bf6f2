import { and, desc, eq, isNull } from 'drizzle-orm'
import type { Database } from '../database.ts'
import { guarded } from '../errors.ts'
import { newId } from '../ids.ts'
import { draftVersions } from '../schema/drafts.ts'

type DraftVersion = typeof draftVersions.$inferSelect

export type NewDraftVersion = Pick<
  DraftVersion,
  'tenantId' | 'arm' | 'version' | 'contentHash' | 'parentId' | 'artifactUri'
>

/** Adds a candidate; `version_taken` when another process registered that number of the lineage first. */
export async function registerDraftVersion(
  db: Database,
  draft: NewDraftVersion,
): Promise<{ ok: true; draft: DraftVersion } | { ok: false; reason: 'version_taken' }> {
  const { tenantId, arm, version } = draftVersions
  const [row] = await guarded('register draft version', () =>
    db.drizzle
      .insert(draftVersions)
      .values({ id: newId('draft'), ...draft })
      .onConflictDoNothing({ target: [tenantId, arm, version] })
      .returning(),
  )
  return row === undefined ? { ok: false, reason: 'version_taken' } : { ok: true, draft: row }
}

/** The highest version of a lineage: a tenant's adaptive drafts, or (tenant null) the shared static ones. */
export async function latestDraftVersion(db: Database, tenantId: string | null): Promise<DraftVersion | null> {
  const owner = tenantId === null ? isNull(draftVersions.tenantId) : eq(draftVersions.tenantId, tenantId)
  const rows = await guarded('latest draft version', () =>
    db.drizzle
      .select()
      .from(draftVersions)
      .where(and(owner, eq(draftVersions.arm, tenantId === null ? 'static' : 'adaptive')))
      .orderBy(desc(draftVersions.version))
      .limit(1),
  )
  return rows[0] ?? null
}
