import { pathToFileURL } from 'node:url'
import { contentHashAsync, type PooledRef, Tier } from '@foretoken/drafting'
import { type ObjectStore, openObjectStore, StorageError } from '@foretoken/storage'
import { ADAPTER_FILES, type AdapterFiles } from './files.ts'

export interface AdapterDiskOptions {
  /** Of this worker alone; made if need be. */
  readonly folder: string
  readonly bytesMax: number
  /** Milliseconds that keeping a tenant's adapter is expected to save. */
  worthMs(tenant: string, id: string): number
}

/**
 * Adapters' files as they came, in a folder of this worker, so that neither an eviction from memory nor a restart has to
 * ask the object store again. A file is named by the SHA-256 of its content, which is checked whenever it is read: what
 * does not match, or is not whole, was never there. Files appear whole or not at all.
 */
export class AdapterDisk {
  private readonly folder: ObjectStore
  private readonly tier: Tier
  /** Keys of the files by adapter (`tenant/id`), then by name. */
  private readonly adapters = new Map<string, Map<string, string>>()
  private readonly opened: Promise<void>
  private loads = 0

  constructor({ folder, bytesMax, worthMs }: AdapterDiskOptions) {
    this.folder = openObjectStore(pathToFileURL(folder).href)
    this.tier = new Tier(bytesMax, {
      worthMs: (adapter) => worthMs(...ownerOf(adapter)),
      // A file that is deleted while it is read is a miss.
      pinned: () => false,
    })
    this.opened = this.open()
    this.opened.catch(() => {}) // told to whoever reads or writes
  }

  get statistics(): { adapters: number; bytes: number; evictions: number; loads: number } {
    const { size, bytes, evictions } = this.tier
    return { adapters: size, bytes, evictions, loads: this.loads }
  }

  /** `tenant/id` of each adapter here. */
  async list(): Promise<string[]> {
    await this.opened
    return [...this.tier.keys()]
  }

  /** All files of an adapter, unchanged; undefined where they are not. Rejects with StorageError. */
  async read({ id, contentHash }: PooledRef, tenant: string): Promise<AdapterFiles | undefined> {
    await this.opened
    const adapter = `${tenant}/${id}`
    const keys = this.adapters.get(adapter)
    if (!keys) return undefined
    this.tier.touch(adapter)
    const files = new Map<string, Uint8Array>()
    for (const name of ADAPTER_FILES) {
      const key = keys.get(name)
      const bytes = key && (await this.soundFile(key))
      if (!bytes || (await contentHashAsync(bytes)) !== hashOf(key)) break
      files.set(name, bytes)
    }
    const whole = files.size === ADAPTER_FILES.length && hashOf(keys.get(ADAPTER_FILES[0]) ?? '') === contentHash
    if (whole) return files
    // Unless it was replaced meanwhile.
    if (this.adapters.get(adapter) === keys) await this.delete(adapter)
    return undefined
  }

  /** Undefined where it is missing or damaged. */
  private async soundFile(key: string): Promise<Uint8Array | undefined> {
    try {
      return await this.folder.get(key)
    } catch (error) {
      if (error instanceof StorageError && error.code === 'corrupt') return undefined
      throw error
    }
  }

  /** Keeps an adapter's files if they are worth the room. Rejects with StorageError. */
  async write({ id }: PooledRef, tenant: string, files: AdapterFiles): Promise<void> {
    await this.opened
    const adapter = `${tenant}/${id}`
    const bytes = [...files.values()].reduce((sum, { length }) => sum + length, 0)
    const leaving = this.tier.admit(adapter, bytes)
    if (!leaving) return
    const keys = new Map<string, string>()
    this.adapters.set(adapter, keys)
    for (const other of leaving) await this.delete(other)
    try {
      for (const [name, content] of files) {
        const key = `${adapter}/${name}.${await contentHashAsync(content)}`
        keys.set(name, key)
        await this.folder.put(key, content)
        // Forgotten or evicted while it was written.
        if (this.adapters.get(adapter) !== keys) return await this.folder.delete(key)
      }
      this.loads++
    } catch (error) {
      await this.delete(adapter).catch(() => {})
      throw error
    }
  }

  /** Deletes a tenant's adapters but for one. Rejects with StorageError. */
  async forget(tenant: string, except?: string): Promise<void> {
    await this.opened
    const own = [...this.tier.keys()].filter((adapter) => ownerOf(adapter)[0] === tenant)
    for (const adapter of own) if (ownerOf(adapter)[1] !== except) await this.delete(adapter)
  }

  async delete(adapter: string): Promise<void> {
    const keys = this.adapters.get(adapter)
    this.adapters.delete(adapter)
    this.tier.delete(adapter)
    for (const key of keys?.values() ?? []) await this.folder.delete(key)
  }

  /** What was here before; what is beyond the quota goes, and what is none of ours stays untouched. */
  private async open(): Promise<void> {
    for await (const { key, bytes } of this.folder.list('')) {
      const [, adapter, name] = FILE.exec(key) ?? []
      if (adapter === undefined || name === undefined) continue
      if (this.tier.bytes + bytes > this.tier.bytesMax) {
        await this.folder.delete(key)
        continue
      }
      this.tier.put(adapter, this.tier.bytesOf(adapter) + bytes)
      this.adapters.set(adapter, (this.adapters.get(adapter) ?? new Map<string, string>()).set(name, key))
    }
  }
}

const FILE = /^([^/]+\/[^/]+)\/([^/]+)\.[0-9a-f]{64}$/

const hashOf = (key: string) => key.slice(-64)

function ownerOf(adapter: string): [tenant: string, id: string] {
  const [tenant = '', id = ''] = adapter.split('/')
  return [tenant, id]
}
