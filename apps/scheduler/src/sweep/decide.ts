import { mayBeOf, outdated, type SegmentInfo, shortTarget } from '@foretoken/learning'

/** What the decision needs to know of a tenant; null: the database has no such tenant. */
export interface TenantFacts {
  readonly learning: boolean
  readonly forgottenMs: number
}

export interface SweepRules {
  /** Traces beyond these many newest tokens of one target are no use to anybody. */
  readonly keepTokens: number
  /** A worker may write what it recorded before a tenant was forgotten so much later. */
  readonly forgetMarginMs: number
  /** Traces of a target that nobody serves any more go when they are so old. */
  readonly awayMs: number
}

export interface SweepDecision {
  readonly remove: readonly SegmentInfo[]
  readonly keep: readonly SegmentInfo[]
}

/** How far a tenant's traces of a target are known. */
export interface Progress {
  /** The newest segment that a run has seen. */
  readonly seenUntil: string | null
  /** The newest segment that its draft on trial was judged by; absent: it has none. */
  readonly judgedUntil?: string | null | undefined
}

/** Trace tokens that a tenant has of a target, and those of them that no run has seen. */
export interface Stock {
  readonly tokens: number
  readonly newTokens: number
  /** Those that its draft on trial was not judged by. */
  readonly unjudgedTokens: number
}

/**
 * What to do about one tenant's segments, oldest first. Of a tenant that opted out nothing is kept; of one that was
 * forgotten, nothing from before. Segments of a tenant that the database does not know are left alone: they may belong
 * to another platform on the same store.
 *
 * @param served fingerprints of the targets that were served lately
 */
export function decideSweep(
  segments: readonly SegmentInfo[],
  tenant: TenantFacts | null,
  { served, nowMs }: { readonly served: readonly string[]; readonly nowMs: number },
  rules: SweepRules,
): SweepDecision {
  if (!tenant) return { remove: [], keep: [] }
  if (!tenant.learning) return { remove: segments, keep: [] }
  const forgottenUntil = tenant.forgottenMs === 0 ? 0 : tenant.forgottenMs + rules.forgetMarginMs
  const away = nowMs - rules.awayMs
  const targets = new Set<string | null>(served.map(shortTarget)).add(null)
  const isOurs = ({ writtenMs, target }: SegmentInfo) =>
    writtenMs >= forgottenUntil && (writtenMs >= away || targets.has(target))
  const useless = outdatedForAll(segments.filter(isOurs), rules.keepTokens)
  const keep = segments.filter((segment) => isOurs(segment) && !useless.has(segment))
  const kept = new Set(keep)
  return { remove: segments.filter((segment) => !kept.has(segment)), keep }
}

export function stockOf(
  segments: readonly SegmentInfo[],
  fingerprint: string,
  { seenUntil, judgedUntil }: Progress,
): Stock {
  const mine = segments.filter((segment) => mayBeOf(fingerprint, segment))
  const sum = (some: readonly SegmentInfo[]) => some.reduce((total, { tokens }) => total + tokens, 0)
  const after = (until: string | null) => sum(mine.filter(({ key }) => until === null || key > until))
  return {
    tokens: sum(mine),
    newTokens: after(seenUntil),
    unjudgedTokens: judgedUntil === undefined ? 0 : after(judgedUntil),
  }
}

/** A segment whose key names no target may be of any, so it stays for as long as it is of use to one of them. */
function outdatedForAll(segments: readonly SegmentInfo[], keepTokens: number): ReadonlySet<SegmentInfo> {
  const targets = new Set(segments.flatMap(({ target }) => target ?? []))
  const groups = [...targets].map((target) => segments.filter((each) => (each.target ?? target) === target))
  const useless = (groups.length === 0 ? [segments] : groups).map((group) => {
    const old = new Set(outdated(group, keepTokens))
    return { old, needed: group.filter((segment) => !old.has(segment)) }
  })
  const needed = new Set(useless.flatMap((group) => group.needed))
  return new Set(useless.flatMap(({ old }) => [...old]).filter((segment) => !needed.has(segment)))
}
