import { createHash } from 'node:crypto'
import { ADAPTER_CONFIG_FILE, ADAPTER_WEIGHTS_FILE } from '@foretoken/drafting'
import type { ObjectStore } from '@foretoken/storage'
import type { AdapterArtifact, StoredAdapter } from '../adapt/types.ts'

const ROOT = 'adapters/'

export const adapterKey = (tenant: string, id: string): string => `${ROOT}${tenant}/${id}`

/** The adapter's folder that a file of the store is in; null for one that is in none. */
export function parseAdapterFileKey(key: string): { readonly tenant: string; readonly folder: string } | null {
  const [root, tenant, id, name, ...rest] = key.split('/')
  if (`${root}/` !== ROOT || !tenant || !id || !name || rest.length > 0) return null
  return { tenant, folder: adapterKey(tenant, id) }
}

/**
 * Stores an adapter's files, each once and for good. Its configuration goes first: of any number of trainers with one id
 * the one that wrote it has the folder, and nobody else leaves a file there. The weights go last: a folder that has them
 * is whole.
 *
 * @throws where the content hash is not that of the weights, or the id has been used before.
 */
export async function storeAdapter(
  store: ObjectStore,
  { tenant, id }: { readonly tenant: string; readonly id: string },
  { files, contentHash }: AdapterArtifact,
): Promise<StoredAdapter> {
  const key = adapterKey(tenant, id)
  const weights = files[ADAPTER_WEIGHTS_FILE]
  if (!weights || createHash('sha256').update(weights).digest('hex') !== contentHash) {
    throw new Error(`the content hash is not that of ${ADAPTER_WEIGHTS_FILE}`)
  }
  if (!files[ADAPTER_CONFIG_FILE]) throw new Error(`an adapter needs ${ADAPTER_CONFIG_FILE}`)
  const others = Object.keys(files).filter((name) => name !== ADAPTER_CONFIG_FILE && name !== ADAPTER_WEIGHTS_FILE)
  for (const name of [ADAPTER_CONFIG_FILE, ...others, ADAPTER_WEIGHTS_FILE]) {
    const outcome = await store.put(`${key}/${name}`, files[name] ?? new Uint8Array(), { ifAbsent: true })
    if (outcome === 'exists') throw new Error(`${key} has been stored before`)
  }
  return { id, contentHash, key }
}

/** Deletes an adapter's folder; returns how many files it held. */
export async function deleteAdapter(store: ObjectStore, key: string): Promise<number> {
  if (!key.startsWith(ROOT)) throw new Error('this is not the key of an adapter')
  let files = 0
  for await (const object of store.list(`${key}/`)) {
    await store.delete(object.key)
    files++
  }
  return files
}

/** Deletes all adapters of a tenant, also those that no row names; returns how many there were. */
export async function deleteAdapters(store: ObjectStore, tenant: string): Promise<number> {
  const folders = new Set<string>()
  for await (const { key } of store.list(`${ROOT}${tenant}/`)) {
    folders.add(key.split('/').slice(0, 3).join('/'))
    await store.delete(key)
  }
  return folders.size
}
