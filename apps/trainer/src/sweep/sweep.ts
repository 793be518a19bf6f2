import { type Database, listTenants, orderTrainingRun, tracesSeen } from '@foretoken/db'
import { listSegments, type SegmentInfo } from '@foretoken/learning'
import type { ObjectStore } from '@foretoken/storage'
import { decideSweep, type SweepRules, type TenantFacts } from './decide.ts'

export interface SweepResult {
  readonly ordered: number
  readonly removed: number
}

/** Looks at every tenant's traces once: orders runs where there is enough to learn, deletes what must not stay. */
export async function sweep(
  db: Database,
  store: ObjectStore,
  rules: SweepRules,
  signal: AbortSignal,
): Promise<SweepResult> {
  const facts = await tenantFacts(db)
  let [ordered, removed] = [0, 0]
  for await (const segments of byTenant(store)) {
    signal.throwIfAborted()
    const tenant = segments[0]?.tenant ?? ''
    const { remove, train } = decideSweep(segments, facts.get(tenant) ?? null, rules)
    for (const { key } of remove) await store.delete(key)
    removed += remove.length
    if (train && (await orderTrainingRun(db, tenant, 'tokens')).created) ordered++
  }
  return { ordered, removed }
}

async function tenantFacts(db: Database): Promise<ReadonlyMap<string, TenantFacts>> {
  const [tenants, seen] = await Promise.all([listTenants(db), tracesSeen(db)])
  return new Map(
    tenants.map(({ id, status, learning, forgottenAt }) => {
      const forgottenMs = forgottenAt?.getTime() ?? 0
      return [id, { active: status === 'active', learning, forgottenMs, seenUntil: seen.get(id) ?? null }]
    }),
  )
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
