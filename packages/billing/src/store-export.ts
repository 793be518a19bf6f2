import type { ObjectStore } from '@foretoken/storage'
import type { PeriodExport } from './export-period.ts'

export const MANIFEST = 'manifest.json'

/** Where a period's files lie in the object store. */
export function exportKey(period: string, name: string): string {
  return `billing/${period}/${name}`
}

/** Puts an export into the object store, its manifest last. Returns the keys. */
export async function storeExport(
  store: Pick<ObjectStore, 'put'>,
  { manifest, files }: PeriodExport,
): Promise<readonly string[]> {
  const keys: string[] = []
  for (const { name, bytes } of files) {
    const key = exportKey(manifest.period, name)
    await store.put(key, bytes)
    keys.push(key)
  }
  const key = exportKey(manifest.period, MANIFEST)
  await store.put(key, Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`))
  return [...keys, key]
}
