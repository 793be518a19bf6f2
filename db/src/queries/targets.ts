import type { TargetIdentity } from '@foretoken/protocol'
import { and, desc, eq, gt, isNull, sql } from 'drizzle-orm'
import type { Database } from '../database.ts'
import { guarded } from '../errors.ts'
import { newId } from '../ids.ts'
import { acceptanceStats } from '../schema/acceptance.ts'
import { decisions } from '../schema/decisions.ts'
import { requests } from '../schema/requests.ts'
import { targets } from '../schema/targets.ts'
import { trainingRuns } from '../schema/training-runs.ts'
import type { Transaction } from '../transaction.ts'

export type ServedTarget = typeof targets.$inferSelect

/** Who has not been served for so long is not counted on any more: its drafts' files go. */
export const TARGET_AWAY_MS = 7 * 24 * 3_600_000

/** `form`: see `targetForm` of `@foretoken/model`. */
export type NewTarget = TargetIdentity & Pick<ServedTarget, 'form'>

/**
 * Says that a target is being served, or trained for, and gives its row. Safe to repeat: now and then it says that it
 * still is.
 *
 * The first one of a name that tenants used before targets were told apart inherits what was counted and decided then:
 * figures, which fade. Drafts are served, so they are asked for proof: see `adoptDraft`.
 */
export function registerTarget(db: Database, target: NewTarget): Promise<ServedTarget> {
  return guarded('register target', () =>
    db.drizzle.transaction(async (tx) => {
      const [seen] = await tx.update(targets).set({ lastSeenAt: sql`now()` }).where(hasIdentity(target)).returning()
      if (seen) return seen
      const { name, fingerprint, form } = target
      const values = { id: newId('target'), name, fingerprint, form }
      const [made] = await tx.insert(targets).values(values).onConflictDoNothing().returning()
      if (!made) return await requireTarget(tx, target)
      await inheritFigures(tx, made)
      return made
    }),
  )
}

/** Null for one that nobody ever served. */
export async function findTarget(db: Database, target: TargetIdentity): Promise<ServedTarget | null> {
  const rows = await guarded('find target', () => db.drizzle.select().from(targets).where(hasIdentity(target)))
  return rows[0] ?? null
}

/** Those of a name, or all, that were served within so many milliseconds; the one that was served last comes first. */
export function findTargets(
  db: Database,
  { name, seenWithinMs }: { readonly name?: string; readonly seenWithinMs?: number } = {},
): Promise<ServedTarget[]> {
  const since = seenWithinMs === undefined ? undefined : gt(targets.lastSeenAt, ago(seenWithinMs))
  return guarded('find targets', () =>
    db.drizzle
      .select()
      .from(targets)
      .where(and(name === undefined ? undefined : eq(targets.name, name), since))
      .orderBy(desc(targets.lastSeenAt), desc(targets.firstSeenAt), desc(targets.id)),
  )
}

/**
 * The models that were served in the last days, each as the weights that it had last; all there ever were, if none was.
 */
export async function servedTargets(db: Database): Promise<ServedTarget[]> {
  const lately = await findTargets(db, { seenWithinMs: TARGET_AWAY_MS })
  return latestOfEach(lately.length > 0 ? lately : await findTargets(db))
}

/** They come with the one that was served last first. */
function latestOfEach(seen: readonly ServedTarget[]): ServedTarget[] {
  const latest = new Map<string, ServedTarget>()
  for (const target of seen) if (!latest.has(target.name)) latest.set(target.name, target)
  return [...latest.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** So long ago, by the database's clock. */
export const ago = (ms: number) => sql`now() - ${ms} * interval '1 millisecond'`

const hasIdentity = ({ name, fingerprint }: TargetIdentity) =>
  and(eq(targets.name, name), eq(targets.fingerprint, fingerprint))

async function requireTarget(tx: Transaction, target: TargetIdentity): Promise<ServedTarget> {
  const [found] = await tx.select().from(targets).where(hasIdentity(target))
  if (!found) throw new Error('the target that another process registered was not found')
  return found
}

/** Of rows without a target; the name is that of the last request before any target was registered. */
async function inheritFigures(tx: Transaction, { id, name }: ServedTarget): Promise<void> {
  const [last] = await tx
    .select({ model: requests.model })
    .from(requests)
    .where(sql`${requests.finishedAt} <= (select min(${targets.firstSeenAt}) from ${targets})`)
    .orderBy(desc(requests.finishedAt))
    .limit(1)
  if (last && last.model !== name) return
  for (const table of [trainingRuns, acceptanceStats, decisions]) {
    await tx.update(table).set({ targetId: id }).where(isNull(table.targetId))
  }
}
