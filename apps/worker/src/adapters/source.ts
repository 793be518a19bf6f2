import type { PooledRef } from '@foretoken/drafting'
import { adapterKey } from '@foretoken/learning'
import { type ObjectStore, StorageError } from '@foretoken/storage'
import type { Logger } from '@foretoken/telemetry'
import type { AdapterDisk } from './disk.ts'
import { ADAPTER_FILES, type AdapterFiles } from './files.ts'

export interface AdapterSourceOptions {
  readonly store: ObjectStore | null
  readonly disk: AdapterDisk | null
  readonly logger: Logger
  /** How long a store that is away is left alone, by how often it was in a row. */
  readonly retryMs?: readonly number[]
  readonly clock?: () => number
}

/** The lower tiers: an adapter's files come from this worker's disk, or from the object store and are kept on disk. */
export class AdapterSource {
  private readonly counts = { diskHits: 0, diskMisses: 0, storeHits: 0, storeMisses: 0 }
  /** Under way. */
  private writes = 0
  private outages = 0
  private awayUntilMs = Number.NEGATIVE_INFINITY

  constructor(private readonly options: AdapterSourceOptions) {}

  get statistics() {
    return { ...this.counts, disk: this.options.disk?.statistics }
  }

  /**
   * Undefined when the store is away: that says nothing about the adapter, and another request will ask again.
   *
   * @param key where the store has it
   * @param wanted whether what came is still to be kept: its tenant may be forgotten meanwhile
   * @throws where the store has it not, or not all of it.
   */
  async files(ref: PooledRef, tenant: string, key: string, wanted: () => boolean): Promise<AdapterFiles | undefined> {
    const { disk } = this.options
    const kept = disk && (await this.onDisk(() => disk.read(ref, tenant)))
    if (disk) this.counts[kept ? 'diskHits' : 'diskMisses']++
    if (kept) return kept
    let files: AdapterFiles | undefined
    try {
      files = await this.fromStore(key)
    } finally {
      this.counts[files ? 'storeHits' : 'storeMisses']++
    }
    if (files && disk && wanted()) this.keep(disk, ref, tenant, files)
    return files
  }

  /** Deletes what the disk has of a tenant, but for the adapter that it still is to have. */
  async forget(tenant: string, except?: string): Promise<void> {
    const { disk } = this.options
    if (disk) await this.onDisk(() => disk.forget(tenant, except))
  }

  /**
   * Deletes what the disk has and the store no longer: of tenants that were forgotten and send no more requests, this
   * worker hears in no other way.
   */
  async sweep(): Promise<void> {
    const { store, disk, logger } = this.options
    if (!store || !disk) return
    try {
      const gone = new Map((await disk.list()).map((adapter) => [keyOf(adapter), adapter]))
      if (gone.size === 0) return
      for await (const { key } of store.list('adapters/')) gone.delete(key.slice(0, key.lastIndexOf('/')))
      for (const adapter of gone.values()) await disk.delete(adapter)
    } catch (err) {
      logger.warn({ err }, 'the disk could not be compared with the object store')
    }
  }

  /** Beside serving from it; a disk that can't keep up keeps less. */
  private keep(disk: AdapterDisk, ref: PooledRef, tenant: string, files: AdapterFiles): void {
    if (this.writes >= WRITES_MAX) return
    this.writes++
    void this.onDisk(() => disk.write(ref, tenant, files)).finally(() => this.writes--)
  }

  /** A disk that fails is a disk without the adapter. */
  private async onDisk<Result>(use: () => Promise<Result>): Promise<Result | undefined> {
    try {
      return await use()
    } catch (err) {
      this.options.logger.warn({ err }, 'the disk failed, adapters come from the object store')
      return undefined
    }
  }

  private async fromStore(key: string): Promise<AdapterFiles | undefined> {
    const { store, retryMs = RETRY_MS, clock = () => performance.now(), logger } = this.options
    if (!store) throw new Error('this worker has no store for it.')
    if (clock() < this.awayUntilMs) return undefined
    try {
      const files = await readAdapter(store, key)
      this.outages = 0
      return files
    } catch (err) {
      // What the store says of itself says nothing about the adapter; only damage does.
      if (!(err instanceof StorageError) || err.code === 'corrupt') throw err
      if (this.outages === 0) logger.warn({ err }, 'the object store is away, drafts that are not here have to wait')
      this.awayUntilMs = clock() + (retryMs[Math.min(this.outages++, retryMs.length - 1)] ?? 0)
      return undefined
    }
  }
}

const WRITES_MAX = 8
const RETRY_MS = [500, 2_000, 8_000, 30_000]

function keyOf(adapter: string): string {
  const [tenant = '', id = ''] = adapter.split('/')
  return adapterKey(tenant, id)
}

async function readAdapter(store: ObjectStore, key: string): Promise<AdapterFiles> {
  const files = new Map<string, Uint8Array>()
  for (const name of ADAPTER_FILES) {
    const bytes = await store.get(`${key}/${name}`)
    if (!bytes) throw new Error(`its file ${name} is not in the object store.`)
    files.set(name, bytes)
  }
  return files
}
