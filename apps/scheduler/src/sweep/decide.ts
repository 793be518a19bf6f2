import { outdated, type SegmentInfo } from '@foretoken/learning'

/** What the decision needs to know of a tenant; null: the database has no such tenant. */
export interface TenantFacts {
  readonly learning: boolean
  readonly forgottenMs: number
  /** The newest segment that a run has seen. */
  readonly seenUntil: string | null
  /** The newest segment that its draft on trial was judged by; absent: it has none. */
  readonly judgedUntil?: string | null
}

export interface SweepRules {
  /** Traces beyond these many newest tokens are no use to anybody. */
  readonly keepTokens: number
  /** A worker may write what it recorded before a tenant was forgotten so much later. */
  readonly forgetMarginMs: number
}

export interface SweepDecision {
  readonly remove: readonly SegmentInfo[]
  /** Completion tokens that are kept, and those of them that no run has seen. */
  readonly tokens: number
  readonly newTokens: number
  /** Those that its draft on trial was not judged by. */
  readonly unjudgedTokens: number
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
  const { judgedUntil } = tenant ?? {}
  const nothing = { tokens: 0, newTokens: 0, unjudgedTokens: 0 }
  if (!tenant) return { remove: [], ...nothing }
  if (!tenant.learning) return { remove: segments, ...nothing }
  const forgottenUntil = tenant.forgottenMs === 0 ? 0 : tenant.forgottenMs + rules.forgetMarginMs
  const mine = segments.filter(({ writtenMs }) => writtenMs >= forgottenUntil)
  const useless = outdated(mine, rules.keepTokens)
  const sum = (some: readonly SegmentInfo[]) => some.reduce((total, { tokens }) => total + tokens, 0)
  return {
    remove: [...segments.filter(({ writtenMs }) => writtenMs < forgottenUntil), ...useless],
    tokens: sum(mine) - sum(useless),
    newTokens: sum(mine.filter(({ key }) => tenant.seenUntil === null || key > tenant.seenUntil)),
    unjudgedTokens:
      judgedUntil === undefined ? 0 : sum(mine.filter(({ key }) => judgedUntil === null || key > judgedUntil)),
  }
}
