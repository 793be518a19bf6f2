import type { ArmAcceptance, DraftVersion, StoredDecision, TrainingRun } from '@foretoken/db'
import type { AcceptanceObject, DraftObject } from '@foretoken/protocol/admin'
import { timeOrNull } from './list.ts'

/** Versions as they are listed, newest first, each with how well it drafted. */
export function draftObjects(versions: readonly DraftVersion[], arms: readonly ArmAcceptance[]): DraftObject[] {
  const byVersion = new Map(arms.map((arm) => [arm.draftVersion, arm]))
  return versions.map(({ id, version, state, parentId, contentHash, createdAt, changedAt, reason }) => ({
    ...{ object: 'draft_version', id, version, state, parent: parentId, content_hash: contentHash },
    created_at: createdAt.toISOString(),
    changed_at: changedAt.toISOString(),
    reason,
    acceptance: acceptanceObject(byVersion.get(id)),
  }))
}

export function acceptanceObject(
  counts: Pick<ArmAcceptance, 'steps' | 'committed' | 'proposed' | 'accepted'> | undefined,
): AcceptanceObject {
  const { steps = 0, committed = 0, proposed = 0, accepted = 0 } = counts ?? {}
  return {
    steps,
    acceptance_length: steps === 0 ? null : committed / steps,
    acceptance_rate: proposed === 0 ? null : accepted / proposed,
  }
}

export function runObject({ id, tenantId, state, reason, createdAt, finishedAt }: TrainingRun) {
  const created_at = createdAt.toISOString()
  return {
    object: 'training_run' as const,
    ...{ id, tenant: tenantId, state, reason, created_at },
    finished_at: timeOrNull(finishedAt),
  }
}

export function decisionObject({ id, tenantId: _, changes: __, decidedAt, alternatives, ...decision }: StoredDecision) {
  return {
    ...{ object: 'decision' as const, id: `dec_${id}` },
    ...{ ...decision, alternatives: [...alternatives], decided_at: decidedAt.toISOString() },
  }
}
