import type { ServedTarget, Tenant, TracesSeen } from '@foretoken/db'
import { listSegments, type SegmentInfo } from '@foretoken/learning'
import type { ObjectStore } from '@foretoken/storage'
import { subjectOf } from '../state/subject.ts'
import { decideSweep, type Stock, type SweepRules, stockOf } from './decide.ts'

export interface SweepFacts {
  readonly tenants: readonly Tenant[]
  /** That are being served: what there is for them is counted. */
  readonly targets: readonly ServedTarget[]
  /** That were served in the last days: what there is for others goes. */
  readonly lately: readonly ServedTarget[]
  readonly seen: readonly TracesSeen[]
  /** By subject that has a draft on trial: how far that is judged. */
  readonly judged: ReadonlyMap<string, string | null>
  readonly nowMs: number
}

export interface SweepResult {
  /** By subject. */
  readonly stocks: ReadonlyMap<string, Stock>
  readonly removed: number
}

/** Looks at every tenant's traces once: counts what there is to learn from, deletes what must not stay. */
export async function sweep(store: ObjectStore, facts: SweepFacts, rules: SweepRules): Promise<SweepResult> {
  const { targets, judged, nowMs } = facts
  const tenants = new Map(facts.tenants.map((each) => [each.id, each]))
  const seen = new Map(facts.seen.map(({ tenantId, targetId, until }) => [subjectOf(tenantId, targetId ?? ''), until]))
  const served = facts.lately.map(({ fingerprint }) => fingerprint)
  const stocks = new Map<string, Stock>()
  let removed = 0
  for await (const segments of byTenant(store)) {
    const tenantId = segments[0]?.tenant ?? ''
    const { remove, keep } = decideSweep(segments, factsOf(tenants.get(tenantId)), { served, nowMs }, rules)
    for (const { key } of remove) await store.delete(key)
    removed += remove.length
    for (const { id, fingerprint } of targets) {
      const subject = subjectOf(tenantId, id)
      const progress = { seenUntil: seen.get(subject) ?? null, judgedUntil: judged.get(subject) }
      stocks.set(subject, stockOf(keep, fingerprint, progress))
    }
  }
  return { stocks, removed }
}

const factsOf = (tenant: Tenant | undefined) =>
  tenant ? { learning: tenant.learning, forgottenMs: tenant.forgottenAt?.getTime() ?? 0 } : null

/** The store lists in key order, so a tenant's segments come together. */
async function* byTenant(store: ObjectStore): AsyncGenerator<readonly SegmentInfo[]> {
  let group: SegmentInfo[] = []
  for await (const segment of listSegments(store)) {
    if (group.length > 0 && group[0]?.tenant !== segment.tenant) {
      yield group
      group = []
    }
    group.push(segment)
  }
  if (group.length > 0) yield group
}
