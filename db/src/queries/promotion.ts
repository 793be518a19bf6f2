import { eq, max, sql } from 'drizzle-orm'
import { audited } from '../audit/audited.ts'
import type { Database } from '../database.ts'
import { type LineageEntry, oblivion, promotion, rejection, type StateChange } from '../drafts/lineage.ts'
import { guarded } from '../errors.ts'
import { draftVersions } from '../schema/drafts.ts'
import type { Transaction } from '../transaction.ts'
import { type DraftVersion, inLineage } from './drafts.ts'

/** The id is made before the row: the artifact is stored under it first, so that no row ever names missing files. */
export type NewDraftVersion = Pick<DraftVersion, 'id' | 'tenantId' | 'contentHash' | 'artifactUri'>

/** Adds a candidate with the next version of its lineage; what it grew from is what is live now. */
export function createCandidate(db: Database, draft: NewDraftVersion): Promise<DraftVersion> {
  return changing(db, 'create draft version', draft.tenantId, (tx) => insertCandidate(tx, draft))
}

/** Candidate → live, and the live one → retired, together or not at all. False where the version can't be promoted. */
export function promoteDraft(db: Database, tenantId: string | null, id: string, reason: string): Promise<boolean> {
  return changing(db, 'promote draft version', tenantId, (tx) => promoteIn(tx, tenantId, id, reason))
}

export interface Rejected {
  /** False: there was nothing to change, e.g. because another process was told the same. */
  readonly changed: boolean
  /** What serves the tenant from now on. */
  readonly live: string | null
}

/** Takes a version out of use for good; if it was live, the last good one takes its place. Safe to repeat. */
export function rejectDraft(db: Database, tenantId: string | null, id: string, reason: string): Promise<Rejected> {
  return changing(db, 'reject draft version', tenantId, (tx) => rejectIn(tx, tenantId, id, reason))
}

/** Takes the live version out of use, whichever it is; null where none is live. */
export function rollBackDraft(
  db: Database,
  tenantId: string | null,
  reason: string,
): Promise<{ rejected: string; live: string | null } | null> {
  return audited(db, 'roll back draft version', async (tx, note) => {
    await lockLineage(tx, tenantId)
    const live = (await lineageOf(tx, tenantId)).find(({ state }) => state === 'live')
    if (!live) return null
    const { live: restored } = await rejectIn(tx, tenantId, live.id, reason)
    note({
      action: 'draft.rolled_back',
      targetId: live.id,
      tenantId,
      before: { live: live.id },
      after: { live: restored, reason },
    })
    return { rejected: live.id, live: restored }
  })
}

/** The caller holds the lineage's lock. */
export async function insertCandidate(tx: Transaction, draft: NewDraftVersion): Promise<DraftVersion> {
  const { tenantId } = draft
  const live = (await lineageOf(tx, tenantId)).find(({ state }) => state === 'live')
  const [newest] = await tx
    .select({ version: max(draftVersions.version) })
    .from(draftVersions)
    .where(inLineage(tenantId))
  const version = (newest?.version ?? 0) + 1
  const arm = tenantId === null ? 'static' : 'adaptive'
  const [row] = await tx
    .insert(draftVersions)
    .values({ ...draft, arm, version, parentId: live?.id ?? null })
    .returning()
  if (!row) throw new Error('the inserted draft version was not returned')
  return row
}

export async function promoteIn(tx: Transaction, tenantId: string | null, id: string, reason: string) {
  const changes = promotion(await lineageOf(tx, tenantId), id)
  if (changes === null) return false
  await apply(tx, changes, reason)
  return true
}

export async function rejectIn(
  tx: Transaction,
  tenantId: string | null,
  id: string,
  reason: string,
): Promise<Rejected> {
  const lineage = await lineageOf(tx, tenantId)
  const changes = rejection(lineage, id)
  await apply(tx, changes, reason)
  const restored = changes.find(({ to }) => to === 'live')?.id
  const untouched = lineage.find((entry) => entry.state === 'live' && entry.id !== id)?.id
  return { changed: changes.length > 0, live: restored ?? untouched ?? null }
}

/** Every version out of use, its files counted as gone. */
export async function forgetDraftsIn(tx: Transaction, tenantId: string, reason: string): Promise<number> {
  const lineage = await lineageOf(tx, tenantId)
  await apply(tx, oblivion(lineage), reason)
  await tx.update(draftVersions).set({ artifactDeletedAt: sql`now()` }).where(inLineage(tenantId))
  return lineage.filter(({ stored }) => stored).length
}

/** Serialises what changes one lineage: decisions are made on rows that nobody else is changing. */
export async function lockLineage(tx: Transaction, tenantId: string | null): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`draft lineage ${tenantId ?? ''}`}, 0))`)
}

function changing<T>(db: Database, name: string, tenantId: string | null, run: (tx: Transaction) => Promise<T>) {
  return guarded(name, () =>
    db.drizzle.transaction(async (tx) => {
      await lockLineage(tx, tenantId)
      return run(tx)
    }),
  )
}

async function lineageOf(tx: Transaction, tenantId: string | null): Promise<LineageEntry[]> {
  const { id, version, state, artifactDeletedAt } = draftVersions
  const rows = await tx.select({ id, version, state, artifactDeletedAt }).from(draftVersions).where(inLineage(tenantId))
  return rows.map((row) => ({ ...row, stored: row.artifactDeletedAt === null }))
}

/** A version leaves `live` before another enters it: the unique index looks after each statement. */
async function apply(tx: Transaction, changes: readonly StateChange[], reason: string): Promise<void> {
  const ordered = [...changes].sort((a, b) => Number(a.to === 'live') - Number(b.to === 'live'))
  for (const { id, to } of ordered) {
    await tx.update(draftVersions).set({ state: to, changedAt: sql`now()`, reason }).where(eq(draftVersions.id, id))
  }
}
