import type { ArmAcceptance, DraftVersion, Tenant, TrainingRun } from '@foretoken/db'
import type { TargetIdentity } from '@foretoken/protocol'
import type { TrialStatus } from './trial.ts'

/** What there is to say of one tenant's drafts. */
export interface TenantStatus {
  readonly tenant: Pick<Tenant, 'id' | 'name' | 'status'>
  /** What it is about: a model as the weights that it has now. Null: none was ever served. */
  readonly target: TargetIdentity | null
  readonly learning: boolean
  /** Whether its drafts are carried along when weights change. */
  readonly rollouts: boolean
  /** Trace tokens that no run has seen. */
  readonly newTokens: number
  readonly why: string
  readonly live: { readonly id: string; readonly version: number } | null
  /** What is tried beside it. */
  readonly trial: TrialStatus | null
  /** Newest first. */
  readonly versions: readonly VersionStatus[]
  readonly arms: readonly ArmStatus[]
  readonly runs: readonly TrainingRun[]
}

export interface VersionStatus extends DraftVersion {
  /** Of the weights that it is for; null: not known yet. */
  readonly fingerprint: string | null
  /** Null: it has drafted nothing. */
  readonly acceptance: ArmStatus | null
}

export interface ArmStatus extends ArmAcceptance {
  /** Tokens committed per verification step, bonus token included; null without steps. */
  readonly acceptanceLength: number | null
  /** Accepted of proposed draft tokens. */
  readonly acceptanceRate: number | null
}
