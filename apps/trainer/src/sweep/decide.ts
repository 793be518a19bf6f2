import { outdated, type SegmentInfo } from '@foretoken/learning'

/** What the decision needs to know of a tenant; null: the database has no such tenant. */
export interface TenantFacts {
  readonly active: boolean
  readonly learning: boolean
  readonly forgottenMs: number
  /** The newest segment that a run has seen. */
  readonly seenUntil: string | null
}

export interface SweepRules {
  readonly trainAfterTokens: number
  /** Traces beyond these many newest tokens are no use to anybody. */
  readonly keepTokens: number
  /** A worker may write what it recorded before a tenant was forgotten so much later. */
  readonly forgetMarginMs: number
}

export interface SweepDecision {
  readonly remove: readonly SegmentInfo[]
  /** Completion tokens that no run has seen. */
  readonly newTokens: number
  readonly train: boolean
}

/**
 * What to do about one tenant's segments, oldest first. Of a tenant that opted out nothing is kept; of one that was
 * forgotten, nothing from before. Segments of a tenant that the database does not know are left alone: they may belong
 * to another platform on the same store.
 */
export function decideSweep(
  segments: readonly SegmentInfo[],
  tenant: TenantFacts | null,
  rules: SweepRules,
): SweepDecision {
  if (!tenant) return { remove: [], newTokens: 0, train: false }
  if (!tenant.learning) return { remove: segments, newTokens: 0, train: false }
  const forgottenUntil = tenant.forgottenMs === 0 ? 0 : tenant.forgottenMs + rules.forgetMarginMs
  const mine = segments.filter(({ writtenMs }) => writtenMs >= forgottenUntil)
  const newTokens = mine
    .filter(({ key }) => tenant.seenUntil === null || key > tenant.seenUntil)
    .reduce((sum, { tokens }) => sum + tokens, 0)
  return {
    remove: [...segments.filter(({ writtenMs }) => writtenMs < forgottenUntil), ...outdated(mine, rules.keepTokens)],
    newTokens,
    train: tenant.active && newTokens >= rules.trainAfterTokens,
  }
}
