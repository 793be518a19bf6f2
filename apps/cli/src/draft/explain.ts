import type { DraftVersion, Tenant, TrainingRun } from '@foretoken/db'
import { describeTrial, type TrialStatus } from './trial.ts'

export interface LearningFacts {
  readonly tenant: Pick<Tenant, 'status' | 'learning'>
  readonly live: Pick<DraftVersion, 'version'> | null
  readonly trial: TrialStatus | null
  /** Trace tokens that no run has seen. */
  readonly newTokens: number
  /** Why the scheduler orders no run yet, as it last said. */
  readonly decision: string | null
  /** The newest run. */
  readonly run: Pick<TrainingRun, 'state' | 'phase' | 'progress' | 'reason'> | null
}

/** Where a tenant's learning stands, and what it waits for, in a sentence or two. */
export function explain({ tenant, live, trial, newTokens, decision, run }: LearningFacts): string {
  if (tenant.status !== 'active') return 'The tenant is not active.'
  if (!tenant.learning) return 'Opted out of learning.'
  if (run?.state === 'running') return `Training now: ${describeProgress(run)}.`
  if (run?.state === 'queued') return 'A run waits for a trainer.'
  if (trial) return describeTrial(trial)
  const waits = decision ?? `${newTokens} new tokens; the scheduler has not decided about them yet.`
  const last = run?.reason ? `Last run ${run.state}: ${run.reason}` : null
  return last === null || (live && run?.state === 'promoted') ? waits : `${waits} ${last}`
}

export function describeProgress({ phase, progress }: Pick<TrainingRun, 'phase' | 'progress'>): string {
  const percent = progress === null ? '' : `${Math.floor(progress * 100)} %`
  return [percent, phase ?? (percent === '' ? 'starting' : '')].filter((part) => part !== '').join(', ')
}
