import type { Tenant } from '@foretoken/db'
import { listSegments, type SegmentInfo } from '@foretoken/learning'
import type { ObjectStore } from '@foretoken/storage'
import { decideSweep, type SweepDecision, type SweepRules } from './decide.ts'

/** Trace tokens that a tenant has in the store, and those of them that are new to runs and to judgements. */
export type Stock = Omit<SweepDecision, 'remove'>

export interface SweepResult {
  readonly stocks: ReadonlyMap<string, Stock>
  readonly removed: number
}

/** Looks at every tenant's traces once: counts what there is to learn from, deletes what must not stay. */
export async function sweep(
  store: ObjectStore,
  tenants: ReadonlyMap<string, Tenant>,
  seen: ReadonlyMap<string, string>,
  judged: ReadonlyMap<string, string | null>,
  rules: SweepRules,
): Promise<SweepResult> {
  const stocks = new Map<string, Stock>()
  let removed = 0
  for await (const segments of byTenant(store)) {
    const id = segments[0]?.tenant ?? ''
    const tenant = tenants.get(id)
    const facts = tenant && {
      learning: tenant.learning,
      forgottenMs: tenant.forgottenAt?.getTime() ?? 0,
      seenUntil: seen.get(id) ?? null,
      ...(judged.has(id) && { judgedUntil: judged.get(id) ?? null }),
    }
    const { remove, ...stock } = decideSweep(segments, facts ?? null, rules)
    for (const { key } of remove) await store.delete(key)
    removed += remove.length
    stocks.set(id, stock)
  }
  return { stocks, removed }
}

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
