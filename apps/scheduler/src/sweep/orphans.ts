import { type Database, listTenants, runsSince, storedDraftKeys } from '@foretoken/db'
import { deleteAdapter, parseAdapterFileKey } from '@foretoken/learning'
import type { ObjectStore } from '@foretoken/storage'

/** An adapter's files in the store. */
export interface AdapterFolder {
  readonly tenant: string
  readonly key: string
  /** When its newest file was written. */
  readonly writtenMs: number
}

export interface OrphanFacts {
  /** Keys of the folders that a row of the database names. */
  readonly registered: ReadonlySet<string>
  /** Those that the database knows. */
  readonly tenants: ReadonlySet<string>
  /** When those were forgotten that were. */
  readonly forgottenMs: ReadonlyMap<string, number>
  /** Those that a trainer has a run of. */
  readonly training: ReadonlySet<string>
}

export interface OrphanRules {
  /** Younger files are left alone: clocks differ, and who stores an adapter writes its row later. */
  readonly marginMs: number
  /** Folders to delete at once, so that a sweep does not outlast the lead. */
  readonly foldersMax: number
}

export const ORPHAN_RULES: OrphanRules = { marginMs: 3_600_000, foldersMax: 500 }

/**
 * Which folders belong to nobody: a trainer died, or lost its run, between storing an adapter and writing its row, or
 * files outlived their deletion. What is older than its tenant's wish to be forgotten is waited for by nobody. A tenant
 * whose run is under way may be about to get its row, however long ago the files were stored. Tenants that the database
 * does not know may be another platform's on the same store.
 */
export function decideOrphans(
  folders: readonly AdapterFolder[],
  { registered, tenants, forgottenMs, training }: OrphanFacts,
  nowMs: number,
  { marginMs, foldersMax }: OrphanRules,
): readonly AdapterFolder[] {
  const orphans = folders.filter(({ tenant, key, writtenMs }) => {
    const isOurs = tenants.has(tenant) && !training.has(tenant)
    const settledMs = Math.max(nowMs - marginMs, forgottenMs.get(tenant) ?? 0)
    return isOurs && !registered.has(key) && writtenMs < settledMs
  })
  return orphans.slice(0, foldersMax)
}

/**
 * Deletes adapters that belong to nobody; returns how many there were. Safe by the order of reading: files that are
 * listed first were stored by a run that is still under way when runs are read, or has its row when rows are.
 */
export async function collectOrphans(
  db: Database,
  store: ObjectStore,
  nowMs: number,
  rules: OrphanRules = ORPHAN_RULES,
): Promise<number> {
  const folders = await adapterFolders(store)
  if (folders.length === 0) return 0
  const runs = await runsSince(db, new Date(nowMs))
  const training = runs.flatMap(({ state, tenantId }) => (state === 'running' ? [tenantId] : []))
  const registered = new Set(await storedDraftKeys(db))
  const tenants = await listTenants(db)
  const facts = {
    registered,
    training: new Set(training),
    tenants: new Set(tenants.map(({ id }) => id)),
    forgottenMs: new Map(tenants.flatMap(({ id, forgottenAt }) => (forgottenAt ? [[id, forgottenAt.getTime()]] : []))),
  }
  const orphans = decideOrphans(folders, facts, nowMs, rules)
  for (const { key } of orphans) await deleteAdapter(store, key)
  return orphans.length
}

async function adapterFolders(store: ObjectStore): Promise<AdapterFolder[]> {
  const folders = new Map<string, AdapterFolder>()
  for await (const { key, writtenMs } of store.list('adapters/')) {
    const file = parseAdapterFileKey(key)
    if (!file) continue
    const before = folders.get(file.folder)?.writtenMs ?? writtenMs
    folders.set(file.folder, { tenant: file.tenant, key: file.folder, writtenMs: Math.max(before, writtenMs) })
  }
  return [...folders.values()]
}
