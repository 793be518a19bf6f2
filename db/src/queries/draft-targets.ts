import { and, desc, eq, inArray, isNull, ne, sql } from 'drizzle-orm'
import type { Database } from '../database.ts'
import { guarded } from '../errors.ts'
import { draftVersions } from '../schema/drafts.ts'
import { targets } from '../schema/targets.ts'
import { draftTrials } from '../schema/trials.ts'
import type { DraftVersion } from './drafts.ts'
import { changing, entriesOf } from './promotion.ts'
import { ago, type ServedTarget } from './targets.ts'

/** Tenants' drafts of before targets were told apart, whose files are there still: what they are for is in those. */
export function draftsWithoutTarget(db: Database): Promise<Pick<DraftVersion, 'id' | 'tenantId' | 'artifactUri'>[]> {
  const { id, tenantId, artifactUri, targetId, artifactDeletedAt, arm } = draftVersions
  return guarded('drafts without target', () =>
    db.drizzle
      .select({ id, tenantId, artifactUri })
      .from(draftVersions)
      .where(and(isNull(targetId), isNull(artifactDeletedAt), eq(arm, 'adaptive'))),
  )
}

/**
 * Says what a draft of before is for, once and for all. It takes its place as it was; only where another one of that
 * target is live by now, it is one that was live before.
 */
export function adoptDraft(
  db: Database,
  draft: Pick<DraftVersion, 'id' | 'tenantId'>,
  targetId: string,
): Promise<void> {
  return changing(db, 'adopt draft version', draft.tenantId, async (tx) => {
    const isTaken = (await entriesOf(tx, { ...draft, targetId })).some((entry) => entry.state === 'live')
    const { state } = draftVersions
    await tx
      .update(draftVersions)
      .set({ targetId, ...(isTaken && { state: sql`case when ${state} = 'live' then 'retired' else ${state} end` }) })
      .where(and(eq(draftVersions.id, draft.id), isNull(draftVersions.targetId)))
  })
}

/**
 * A tenant's live draft on the weights that a target had last: of the same name and form, and served most lately. Null
 * where there is none.
 */
export async function draftOfEarlierWeights(
  db: Database,
  tenantId: string,
  target: Pick<ServedTarget, 'id' | 'name' | 'form'>,
): Promise<DraftVersion | null> {
  const [found] = await guarded('draft of earlier weights', () =>
    db.drizzle
      .select({ draft: draftVersions })
      .from(draftVersions)
      .innerJoin(targets, eq(targets.id, draftVersions.targetId))
      .where(
        and(
          eq(draftVersions.tenantId, tenantId),
          sql`${draftVersions.state} = 'live'`,
          sql`${draftVersions.arm} = 'adaptive'`,
          eq(targets.name, target.name),
          eq(targets.form, target.form),
          ne(targets.id, target.id),
        ),
      )
      .orderBy(desc(targets.lastSeenAt), desc(targets.firstSeenAt))
      .limit(1),
  )
  return found?.draft ?? null
}

/**
 * Takes leave of drafts whose target nobody has served for so long: their files are to be deleted, and count as gone.
 * Rows stay, as lineage, and what was on trial is no more. Should the target come back, its tenants begin with the
 * static draft again.
 *
 * @returns keys of the folders
 */
export async function retireDraftsAway(db: Database, awayMs: number): Promise<string[]> {
  const { id, state, artifactDeletedAt, artifactUri, targetId } = draftVersions
  const away = sql`select ${targets.id} from ${targets} where ${targets.lastSeenAt} < ${ago(awayMs)}`
  const inUse = sql`${state} in ('live', 'shadow', 'canary')`
  const retired = await guarded('retire drafts of targets that are away', () =>
    db.drizzle.transaction(async (tx) => {
      const gone = await tx
        .update(draftVersions)
        .set({
          state: sql`case when ${state} in ('live', 'retired') then 'retired' else 'rejected' end`,
          reason: sql`case when ${inUse} then 'Nobody serves its target any more.' else reason end`,
          changedAt: sql`now()`,
          artifactDeletedAt: sql`now()`,
        })
        .where(and(sql`${targetId} in (${away})`, isNull(artifactDeletedAt)))
        .returning({ id, key: artifactUri })
      const ids = gone.map((each) => each.id)
      if (ids.length > 0) await tx.delete(draftTrials).where(inArray(draftTrials.draftId, ids))
      return gone
    }),
  )
  return retired.map(({ key }) => key)
}
