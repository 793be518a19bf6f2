import { createHash } from 'node:crypto'
import type { ObjectStore } from '@foretoken/storage'
import type { AdapterArtifact, StoredAdapter } from '../adapt/types.ts'

const ROOT = 'adapters/'
const WEIGHTS = 'adapter_model.safetensors'

export const adapterKey = (tenant: string, id: string): string => `${ROOT}${tenant}/${id}`

/**
 * Stores an adapter's files, each once and for good. The weights go last: a folder that has them is whole.
 *
 * @throws where the content hash is not that of the weights, or the id has been used before.
 */
export async function storeAdapter(
  store: ObjectStore,
  { tenant, id }: { readonly tenant: string; readonly id: string },
  { files, contentHash }: AdapterArtifact,
): Promise<StoredAdapter> {
  const key = adapterKey(tenant, id)
  const weights = files[WEIGHTS]
  if (!weights || createHash('sha256').update(weights).digest('hex') !== contentHash) {
    throw new Error(`the content hash is not that of ${WEIGHTS}`)
  }
  const names = Object.keys(files).sort((a, b) => Number(a === WEIGHTS) - Number(b === WEIGHTS))
  for (const name of names) {
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
