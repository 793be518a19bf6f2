import type { DraftVersion, Tenant, TrainingRun } from '@foretoken/db'

export interface LearningFacts {
  readonly tenant: Pick<Tenant, 'status' | 'learning'>
  readonly live: Pick<DraftVersion, 'version'> | null
  /** Trace tokens that no run has seen, and how many start one. */
  readonly newTokens: number
  readonly tokensNeeded: number
  /** The newest run. */
  readonly run: Pick<TrainingRun, 'state' | 'phase' | 'progress' | 'reason'> | null
}

/** Where a tenant's learning stands, and what it waits for, in a sentence or two. */
export function explain({ tenant, live, newTokens, tokensNeeded, run }: LearningFacts): string {
  if (tenant.status !== 'active') return 'The tenant is revoked.'
  if (!tenant.learning) return 'Opted out of learning.'
  if (run?.state === 'running') return `Training now: ${describeProgress(run)}.`
  if (run?.state === 'queued') return 'A run waits for a trainer.'
  const tokens = `${Math.min(newTokens, tokensNeeded)} of ${tokensNeeded} new tokens for the next run.`
  const last = run?.reason ? `Last run ${run.state}: ${run.reason}` : null
  if (!last) return newTokens >= tokensNeeded ? 'Enough new tokens: a run is about to start.' : tokens
  return live && run?.state === 'promoted' ? tokens : `${tokens} ${last}`
}

export function describeProgress({ phase, progress }: Pick<TrainingRun, 'phase' | 'progress'>): string {
  const percent = progress === null ? '' : `${Math.floor(progress * 100)} %`
  return [percent, phase ?? (percent === '' ? 'starting' : '')].filter((part) => part !== '').join(', ')
}
