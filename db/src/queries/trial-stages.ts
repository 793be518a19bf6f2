import { audited } from '../audit/audited.ts'
import type { Database } from '../database.ts'
import { advance, dismissal, isOnTrial, trialOf } from '../drafts/lineage.ts'
import { draftTrials, type TrialStage } from '../schema/trials.ts'
import type { Transaction } from '../transaction.ts'
import type { Lineage } from './drafts.ts'
import { apply, changing, entriesOf, lockLineage, rejectIn, relativesOf, rollBackDraft } from './promotion.ts'

/**
 * Puts a candidate on trial, as shadow; the one of its lineage that was tried before gives way. False where the version
 * can't be tried.
 *
 * @param judgedUntil the newest trace segment that may have taught it: later ones judge it
 */
export function tryDraft(
  db: Database,
  tenantId: string,
  id: string,
  trial: { readonly reason: string; readonly judgedUntil: string | null },
): Promise<boolean> {
  return changing(db, 'try draft version', tenantId, (tx) => tryIn(tx, tenantId, id, trial))
}

export type TenantLineage = Lineage & { readonly tenantId: string }

export interface TrialVerdict {
  readonly from: TrialStage
  readonly reason: string
}

/** To the next stage of its trial. False where it has left the given one: somebody else has decided. */
export function advanceDraft(db: Database, tenantId: string, id: string, verdict: TrialVerdict): Promise<boolean> {
  return leaveStage(db, 'advance draft version', { tenantId, id, decide: advance }, verdict)
}

/** Rejects what is on trial. False where it has left the given stage: it may even serve by now. */
export function dismissDraft(db: Database, tenantId: string, id: string, verdict: TrialVerdict): Promise<boolean> {
  return leaveStage(db, 'dismiss draft version', { tenantId, id, decide: dismissal }, verdict)
}

/**
 * Ends what a tenant has on trial for a target, in whichever stage; null where nothing is. What serves goes on serving.
 */
export function endTrial(
  db: Database,
  lineage: TenantLineage,
  reason: string,
): Promise<{ rejected: string; live: string | null } | null> {
  const { tenantId, targetId: target } = lineage
  return audited(db, 'end trial', async (tx, note) => {
    await lockLineage(tx, tenantId)
    const ended = await endTrialIn(tx, lineage, reason)
    if (!ended) return null
    const { rejected, live } = ended
    const before = { target, tried: rejected }
    note({ action: 'draft.trial_ended', subjectId: rejected, tenantId, before, after: { target, live, reason } })
    return ended
  })
}

export interface TakenBack {
  readonly rejected: string
  readonly live: string | null
  /** It was on trial; what serves was not touched. */
  readonly trial: boolean
}

/** What people mean by a rollback: ends what is on trial, else takes what serves out of use; null where neither is. */
export async function takeBackDraft(db: Database, lineage: TenantLineage, by: string): Promise<TakenBack | null> {
  const ended = await endTrial(db, lineage, `Its trial was ended by ${by}.`)
  if (ended) return { ...ended, trial: true }
  const rolledBack = await rollBackDraft(db, lineage, `Rolled back by ${by}.`)
  return rolledBack && { ...rolledBack, trial: false }
}

export async function endTrialIn(tx: Transaction, lineage: TenantLineage, reason: string) {
  const tried = (await entriesOf(tx, lineage)).find(isOnTrial)
  return tried ? { rejected: tried.id, live: (await rejectIn(tx, lineage.tenantId, tried.id, reason)).live } : null
}

export async function tryIn(
  tx: Transaction,
  tenantId: string,
  id: string,
  { reason, judgedUntil }: { readonly reason: string; readonly judgedUntil: string | null },
): Promise<boolean> {
  const changes = trialOf(await relativesOf(tx, tenantId, id), id)
  if (changes === null) return false
  const [replaced, started] = [changes.slice(0, -1), changes.slice(-1)]
  await apply(tx, replaced, SUPERSEDED)
  await apply(tx, started, reason)
  await tx.insert(draftTrials).values({ draftId: id, judgedUntil })
  return true
}

export const SUPERSEDED = 'A newer candidate took its place before it was judged.'

function leaveStage(
  db: Database,
  name: string,
  { tenantId, id, decide }: { readonly tenantId: string; readonly id: string; readonly decide: typeof advance },
  { from, reason }: TrialVerdict,
): Promise<boolean> {
  return changing(db, name, tenantId, async (tx) => {
    const changes = decide(await relativesOf(tx, tenantId, id), id, from)
    if (changes) await apply(tx, changes, reason)
    return changes !== null
  })
}
