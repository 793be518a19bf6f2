import type { ArmAcceptance, DraftVersion, StoredDecision, TrainingRun } from '@foretoken/db'
import type { AcceptanceObject, DraftObject } from '@foretoken/protocol/admin'
import { timeOrNull } from './list.ts'
import { type Targets, targetObject } from './targets.ts'

/** Versions as they are listed, newest first, each with how well it drafted. */
export function draftObjects(
  versions: readonly DraftVersion[],
  arms: readonly ArmAcceptance[],
  targets: Targets,
): DraftObject[] {
  const byVersion = new Map(arms.map((arm) => [arm.draftVersion, arm]))
  return versions.map(({ id, targetId, version, state, parentId, contentHash, createdAt, changedAt, reason }) => ({
    ...{
      object: 'draft_version',
      id,
      target: targetObject(targets, targetId),
      version,
      state,
      parent: parentId,
      content_hash: contentHash,
    },
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

export function runObject(run: TrainingRun, targets: Targets) {
  const { id, tenantId, targetId, state, reason, createdAt, finishedAt } = run
  const created_at = createdAt.toISOString()
  return {
    object: 'training_run' as const,
    ...{ id, tenant: tenantId, target: targetObject(targets, targetId), state, reason, created_at },
    finished_at: timeOrNull(finishedAt),
  }
}

export function decisionObject(stored: StoredDecision, targets: Targets) {
  const { id, tenantId: _, targetId, changes: __, decidedAt, alternatives, ...decision } = stored
  return {
    ...{ object: 'decision' as const, id: `dec_${id}`, target: targetObject(targets, targetId) },
    ...{ ...decision, alternatives: [...alternatives], decided_at: decidedAt.toISOString() },
  }
}
