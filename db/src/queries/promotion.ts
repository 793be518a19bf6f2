import { eq, inArray, max, sql } from 'drizzle-orm'
import { audited } from '../audit/audited.ts'
import type { Database } from '../database.ts'
import { isOnTrial, type LineageEntry, oblivion, promotion, rejection, type StateChange } from '../drafts/lineage.ts'
import { guarded } from '../errors.ts'
import { draftVersions } from '../schema/drafts.ts'
import { draftTrials } from '../schema/trials.ts'
import type { Transaction } from '../transaction.ts'
import { type DraftVersion, inLineage, type Lineage, ofOwner } from './drafts.ts'

/** The id is made before the row: the artifact is stored under it first, so that no row ever names missing files. */
export interface NewDraftVersion extends Pick<DraftVersion, 'id' | 'tenantId' | 'contentHash' | 'artifactUri'> {
  readonly targetId: string
  /** What it grew from, where that is not what is live now: a draft of earlier weights. */
  readonly parentId?: string
}

/** Adds a candidate with the next number of its owner; what it grew from is what is live in its lineage now. */
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
  /** What serves the tenant on that target from now on. */
  readonly live: string | null
}

/** Takes a version out of use for good; if it was live, the last good one takes its place. Safe to repeat. */
export function rejectDraft(db: Database, tenantId: string | null, id: string, reason: string): Promise<Rejected> {
  return changing(db, 'reject draft version', tenantId, (tx) => rejectIn(tx, tenantId, id, reason))
}

/** Takes the live version of a lineage out of use, whichever it is; null where none is live. */
export function rollBackDraft(
  db: Database,
  lineage: Lineage,
  reason: string,
): Promise<{ rejected: string; live: string | null } | null> {
  const { tenantId } = lineage
  return audited(db, 'roll back draft version', async (tx, note) => {
    await lockLineage(tx, tenantId)
    const live = (await entriesOf(tx, lineage)).find(({ state }) => state === 'live')
    if (!live) return null
    const { live: restored } = await rejectIn(tx, tenantId, live.id, reason)
    note({
      action: 'draft.rolled_back',
      subjectId: live.id,
      tenantId,
      before: { target: lineage.targetId, live: live.id },
      after: { target: lineage.targetId, live: restored, reason },
    })
    return { rejected: live.id, live: restored }
  })
}

/** The caller holds the owner's lock. */
export async function insertCandidate(tx: Transaction, draft: NewDraftVersion): Promise<DraftVersion> {
  const { tenantId } = draft
  const live = (await entriesOf(tx, draft)).find(({ state }) => state === 'live')
  const [newest] = await tx
    .select({ version: max(draftVersions.version) })
    .from(draftVersions)
    .where(ofOwner(tenantId))
  const version = (newest?.version ?? 0) + 1
  const arm = tenantId === null ? 'static' : 'adaptive'
  const [row] = await tx
    .insert(draftVersions)
    .values({ ...draft, arm, version, parentId: draft.parentId ?? live?.id ?? null })
    .returning()
  if (!row) throw new Error('the inserted draft version was not returned')
  return row
}

export async function promoteIn(tx: Transaction, tenantId: string | null, id: string, reason: string) {
  const changes = promotion(await relativesOf(tx, tenantId, id), id)
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
  const lineage = await relativesOf(tx, tenantId, id)
  const changes = rejection(lineage, id)
  await apply(tx, changes, reason)
  const restored = changes.find(({ to }) => to === 'live')?.id
  const untouched = lineage.find((entry) => entry.state === 'live' && entry.id !== id)?.id
  return { changed: changes.length > 0, live: restored ?? untouched ?? null }
}

/** Every version of a tenant out of use, on whatever target, its files counted as gone. */
export async function forgetDraftsIn(tx: Transaction, tenantId: string, reason: string): Promise<number> {
  const entries = (await rowsOf(tx, tenantId)).map(entryOf)
  await apply(tx, oblivion(entries), reason)
  await tx.update(draftVersions).set({ artifactDeletedAt: sql`now()` }).where(ofOwner(tenantId))
  return entries.filter(({ stored }) => stored).length
}

/** Serialises what changes one owner's drafts: decisions are made on rows that nobody else is changing. */
export async function lockLineage(tx: Transaction, tenantId: string | null): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`draft lineage ${tenantId ?? ''}`}, 0))`)
}

/** Runs what changes one owner's drafts while nobody else changes them. */
export function changing<T>(db: Database, name: string, tenantId: string | null, run: (tx: Transaction) => Promise<T>) {
  return guarded(name, () =>
    db.drizzle.transaction(async (tx) => {
      await lockLineage(tx, tenantId)
      return run(tx)
    }),
  )
}

/** The lineage of a version; none where the owner has no such version. */
export async function relativesOf(tx: Transaction, tenantId: string | null, id: string): Promise<LineageEntry[]> {
  const rows = await rowsOf(tx, tenantId)
  const targetId = rows.find((row) => row.id === id)?.targetId
  return targetId === undefined ? [] : rows.filter((row) => row.targetId === targetId).map(entryOf)
}

export async function entriesOf(tx: Transaction, lineage: Lineage): Promise<LineageEntry[]> {
  return (await tx.select(COLUMNS).from(draftVersions).where(inLineage(lineage))).map(entryOf)
}

const rowsOf = (tx: Transaction, tenantId: string | null) =>
  tx.select(COLUMNS).from(draftVersions).where(ofOwner(tenantId))

const { id, version, state, targetId, artifactDeletedAt } = draftVersions
const COLUMNS = { id, version, state, targetId, artifactDeletedAt }

function entryOf(row: Pick<DraftVersion, keyof typeof COLUMNS>): LineageEntry {
  return { id: row.id, version: row.version, state: row.state, stored: row.artifactDeletedAt === null }
}

/**
 * A version leaves `live` before another enters it: the unique index looks after each statement. What is decided is on
 * trial no more, and what witnesses said goes with it.
 */
export async function apply(tx: Transaction, changes: readonly StateChange[], reason: string): Promise<void> {
  const ordered = [...changes].sort((a, b) => Number(a.to === 'live') - Number(b.to === 'live'))
  for (const { id, to } of ordered) {
    await tx.update(draftVersions).set({ state: to, changedAt: sql`now()`, reason }).where(eq(draftVersions.id, id))
  }
  const decided = changes.filter(({ from, to }) => isOnTrial({ state: from }) && !isOnTrial({ state: to }))
  if (decided.length > 0) {
    const ids = decided.map(({ id }) => id)
    await tx.delete(draftTrials).where(inArray(draftTrials.draftId, ids))
  }
}
