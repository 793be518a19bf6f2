import type { DRAFT_STATES } from '../schema/drafts.ts'

export type DraftState = (typeof DRAFT_STATES)[number]

/** One version of a lineage: a tenant's adaptive drafts, or the static drafts that all tenants share. */
export interface LineageEntry {
  readonly id: string
  readonly version: number
  readonly state: DraftState
  /** Its files are in the object store still. */
  readonly stored: boolean
}

export interface StateChange {
  readonly id: string
  readonly from: DraftState
  readonly to: DraftState
}

/** Where each state may lead. A rejected version never comes back; only what was live once may come back as live. */
const MAY_BECOME: Readonly<Record<DraftState, readonly DraftState[]>> = {
  candidate: ['shadow', 'canary', 'live', 'rejected'],
  shadow: ['canary', 'live', 'rejected'],
  canary: ['live', 'rejected'],
  live: ['retired', 'rejected'],
  retired: ['live', 'rejected'],
  rejected: [],
}

export const mayBecome = (from: DraftState, to: DraftState): boolean => MAY_BECOME[from].includes(to)

/**
 * Makes a version that is still on its way up the live one, and retires the one it replaces. Null where it can't: the
 * version is unknown, was decided on before, or has no files.
 */
export function promotion(lineage: readonly LineageEntry[], id: string): readonly StateChange[] | null {
  const next = lineage.find((entry) => entry.id === id)
  if (!next?.stored || next.state === 'retired' || !mayBecome(next.state, 'live')) return null
  const replaced = lineage.filter((entry) => entry.state === 'live').map((entry) => change(entry, 'retired'))
  return [...replaced, change(next, 'live')]
}

/** On trial: it is compared with what serves, and at most a share of steps is drafted by it. */
export const isOnTrial = ({ state }: Pick<LineageEntry, 'state'>): boolean => state === 'shadow' || state === 'canary'

/** Puts a candidate on trial; the one that is tried already gives way. Null where the version can't be tried. */
export function trialOf(lineage: readonly LineageEntry[], id: string): readonly StateChange[] | null {
  const next = lineage.find((entry) => entry.id === id)
  if (!next?.stored || next.state !== 'candidate') return null
  return [...lineage.filter(isOnTrial).map((entry) => change(entry, 'rejected')), change(next, 'shadow')]
}

/**
 * From one stage of its trial to the next: shadow → canary → live. Null where it is not in that stage (any more), so that
 * of two who decided the same only one does it.
 */
export function advance(
  lineage: readonly LineageEntry[],
  id: string,
  from: 'shadow' | 'canary',
): readonly StateChange[] | null {
  const tried = lineage.find((entry) => entry.id === id)
  if (!tried?.stored || tried.state !== from) return null
  return from === 'shadow' ? [change(tried, 'canary')] : promotion(lineage, id)
}

/** Ends a trial in the given stage. Null where it is not in that stage (any more): what serves now is not to go for it. */
export function dismissal(
  lineage: readonly LineageEntry[],
  id: string,
  from: 'shadow' | 'canary',
): readonly StateChange[] | null {
  const tried = lineage.find((entry) => entry.id === id)
  return tried?.state === from ? [change(tried, 'rejected')] : null
}

/**
 * Takes a version out of use for good. If it was live, the newest version that was live before, was never rejected and
 * still has its files takes its place; where there is none, the tenant is served without. Asked again it changes
 * nothing, so that several gateways may report the same verdict.
 */
export function rejection(lineage: readonly LineageEntry[], id: string): readonly StateChange[] {
  const bad = lineage.find((entry) => entry.id === id)
  if (!bad || !mayBecome(bad.state, 'rejected')) return []
  if (bad.state !== 'live') return [change(bad, 'rejected')]
  const [good] = lineage
    .filter((entry) => entry.state === 'retired' && entry.stored)
    .sort((a, b) => b.version - a.version)
  return [change(bad, 'rejected'), ...(good ? [change(good, 'live')] : [])]
}

/** Every version of the lineage out of use, for a tenant that wants to be forgotten. */
export function oblivion(lineage: readonly LineageEntry[]): readonly StateChange[] {
  return lineage.filter((entry) => mayBecome(entry.state, 'rejected')).map((entry) => change(entry, 'rejected'))
}

function change(entry: LineageEntry, to: DraftState): StateChange {
  return { id: entry.id, from: entry.state, to }
}
