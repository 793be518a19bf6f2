import type { Adapter } from './adapter.ts'
import { type LoadedAdapter, type MeasuredAcceptance, type PooledRef, readPooledAdapter } from './adapter-reader.ts'
import type { RecurrentDraft } from './recurrent-draft.ts'
import { LoadQueue } from './tiers/load-queue.ts'
import { Tier } from './tiers/tier.ts'
import { saved, UNUSED, type Use, used, worthMs } from './tiers/use.ts'

export interface AdapterPoolEvents {
  /**
   * The adapter's files, from wherever they lie nearest; undefined where they can't be had just now, which says nothing
   * about the adapter: its tenant's next request asks again. Rejects when they can never be had.
   */
  load(ref: PooledRef, tenant: string): Promise<ReadonlyMap<string, Uint8Array> | undefined>
  /** It can't be used: damaged, of another draft, or not what it says it is. */
  onRefused(tenant: string, ref: PooledRef, reason: string): void
  /** It drafts worse than the static draft and is no longer used. */
  onDemoted(tenant: string, ref: PooledRef, reason: string): void
}

export interface AdapterPoolOptions {
  /** Quota of the adapters in memory, in bytes. */
  readonly bytesMax: number
  /** Tenants of which it is known what they want and how often; the least recently asked for goes first. */
  readonly tenantsMax: number
  /** Loads at once, and loads that may wait for their turn; beyond, a tenant's next request asks again. */
  readonly loadsMax: number
  readonly waitingMax: number
  /** Milliseconds, monotonic. */
  readonly clock: () => number
}

const POOL_DEFAULTS: AdapterPoolOptions = {
  bytesMax: 256 << 20,
  tenantsMax: 16_384,
  loadsMax: 4,
  waitingMax: 256,
  clock: () => performance.now(),
}

/** Since the start, but for what is held now. */
export interface AdapterPoolStatistics {
  /** Requests of tenants with an adapter that found it in memory, and those that the static draft served. */
  readonly hits: number
  readonly misses: number
  readonly loads: number
  readonly evictions: number
  readonly adapters: number
  readonly bytes: number
  /** Of those in memory, the ones that a sequence drafts with. */
  readonly activeAdapters: number
  readonly activeBytes: number
}

/**
 * The adapters of the tenants that this worker serves, as far as they fit. Loading happens beside serving; a swap is one
 * assignment between two steps. Until an adapter is there, and after it was refused, demoted or evicted, its tenant has
 * none: the static draft serves it, and no request waits.
 *
 * This is the upper end of the tiers: *memory* holds adapters in the one form that there is after their files, ready for
 * the kernel or the graphs (parsed tensors would take as much and are of no use by themselves), and those of tenants
 * with a live sequence are *active*: they are never evicted. Bytes never exceed the quota; where it has no room beside
 * what is active or worth more (see `tiers/`), an adapter is not even loaded.
 */
export class AdapterPool {
  /** By tenant, the latest asked for last. */
  private readonly slots = new Map<string, Slot>()
  /** Live sequences by tenant. */
  private readonly sequences = new Map<string, number>()
  private readonly memory: Tier
  private readonly loads: LoadQueue
  private readonly options: AdapterPoolOptions
  private readonly counts = { hits: 0, misses: 0, loads: 0 }
  /** What the next adapter is expected to take: they hardly differ. */
  private typicalBytes: number

  constructor(
    private readonly draft: RecurrentDraft,
    private readonly events: AdapterPoolEvents,
    options: Partial<AdapterPoolOptions> = {},
  ) {
    this.options = { ...POOL_DEFAULTS, ...options }
    this.typicalBytes = draft.plain.bytes
    this.loads = new LoadQueue(this.options)
    this.memory = new Tier(this.options.bytesMax, {
      worthMs: (tenant) => this.worthMs(tenant),
      pinned: (tenant) => this.sequences.has(tenant) || this.slots.get(tenant)?.adopted === true,
    })
  }

  get statistics(): AdapterPoolStatistics {
    const active = [...this.sequences.keys()].map((tenant) => this.memory.bytesOf(tenant)).filter((bytes) => bytes > 0)
    const { size: adapters, bytes, evictions } = this.memory
    const activeBytes = active.reduce((sum, each) => sum + each, 0)
    return { ...this.counts, evictions, adapters, bytes, activeAdapters: active.length, activeBytes }
  }

  /** A request came: which adapter its tenant should have; null unloads it. Cheap where nothing changed. */
  want(tenant: string, ref: PooledRef | null): void {
    const before = this.slots.get(tenant)
    if (!ref) {
      this.slots.delete(tenant)
      this.memory.delete(tenant)
      return
    }
    const nowMs = this.options.clock()
    // The old adapter serves until the new one is there; what it saved says nothing about the new one.
    const { requests, atMs } = before?.use ?? UNUSED
    const slot =
      before && same(before.ref, ref) ? before : { ref, loaded: before?.loaded, use: { ...UNUSED, requests, atMs } }
    slot.use = used(slot.use, nowMs)
    this.touch(tenant, slot)
    const hit = same(slot.loaded?.ref, ref)
    this.counts[hit ? 'hits' : 'misses']++
    if (!hit && !slot.closed) this.load(tenant, ref)
  }

  /** Makes an adapter live at once, for those who have it at hand. It stays until another is wanted. */
  adopt(tenant: string, adapter: Adapter, measured: MeasuredAcceptance = {}): void {
    const ref = { id: adapter.id, contentHash: '' }
    this.touch(tenant, { ref, loaded: { ref, adapter, ...measured }, use: UNUSED, adopted: true })
    this.memory.put(tenant, adapter.bytes)
  }

  live(tenant: string): LoadedAdapter | undefined {
    return this.slots.get(tenant)?.loaded
  }

  /** Milliseconds that an adapter is expected to save over the next while; 0 for one that is not wanted. */
  worthMs(tenant: string, id?: string): number {
    const slot = this.slots.get(tenant)
    if (!slot || (id !== undefined && id !== slot.ref.id)) return 0
    return worthMs(slot.use, this.options.clock())
  }

  /** A sequence begins: until it ends, its tenant's adapter stays, if it has one. */
  enter(tenant: string): void {
    this.sequences.set(tenant, (this.sequences.get(tenant) ?? 0) + 1)
  }

  /** @param savedSteps target steps that this adapter saved the sequence; absent where that is not known. */
  leave(tenant: string, ref?: PooledRef, savedSteps?: number): void {
    const left = (this.sequences.get(tenant) ?? 1) - 1
    if (left > 0) this.sequences.set(tenant, left)
    else this.sequences.delete(tenant)
    const slot = this.slots.get(tenant)
    if (slot && savedSteps !== undefined && same(slot.ref, ref)) slot.use = saved(slot.use, savedSteps)
  }

  /** Takes a bad adapter out of service at once. Asking for it again does nothing. */
  demote(tenant: string, reason: string): void {
    const slot = this.slots.get(tenant)
    if (!slot?.loaded) return
    const { ref } = slot.loaded
    // It may be the one that serves until the wanted one is there.
    slot.closed = same(ref, slot.ref)
    this.unload(tenant)
    this.events.onDemoted(tenant, ref, reason)
  }

  private load(tenant: string, ref: PooledRef): void {
    if (!this.fits(tenant)) return
    this.loads.add(`${tenant} ${ref.id} ${ref.contentHash}`, () => this.loadNow(tenant, ref))
  }

  private async loadNow(tenant: string, ref: PooledRef): Promise<void> {
    const wanted = () => {
      const slot = this.slots.get(tenant)
      return slot && same(slot.ref, ref) && !slot.closed ? slot : undefined
    }
    // Also who fits may have changed while this load waited for its turn.
    if (!wanted() || !this.fits(tenant)) return
    try {
      const files = await this.events.load(ref, tenant)
      const loaded = files && (await readPooledAdapter(this.draft, ref, files))
      const slot = wanted()
      if (slot && loaded) this.place(tenant, slot, loaded)
    } catch (error) {
      const slot = wanted()
      if (!slot) return
      slot.closed = true
      this.unload(tenant)
      this.events.onRefused(tenant, ref, error instanceof Error ? error.message : String(error))
    }
  }

  private fits(tenant: string): boolean {
    return this.memory.roomFor(tenant, this.typicalBytes) !== undefined
  }

  /** Who is worth more may have come meanwhile: then it stays out. */
  private place(tenant: string, slot: Slot, loaded: LoadedAdapter): void {
    this.counts.loads++
    this.typicalBytes = loaded.adapter.bytes
    const leaving = this.memory.admit(tenant, loaded.adapter.bytes)
    for (const other of leaving ?? []) this.unload(other)
    if (leaving) slot.loaded = loaded
    else this.unload(tenant)
  }

  private unload(tenant: string): void {
    const slot = this.slots.get(tenant)
    if (slot) slot.loaded = undefined
    this.memory.delete(tenant)
  }

  private touch(tenant: string, slot: Slot): void {
    this.slots.delete(tenant)
    this.slots.set(tenant, slot)
    this.memory.touch(tenant)
    for (const idle of this.slots.keys()) {
      if (this.slots.size <= this.options.tenantsMax) return
      if (this.sequences.has(idle)) continue
      this.slots.delete(idle)
      this.memory.delete(idle)
    }
  }
}

interface Slot {
  readonly ref: PooledRef
  loaded: LoadedAdapter | undefined
  use: Use
  /** It was refused or demoted: not to be loaded again. */
  closed?: boolean
  /** No load could bring it back. */
  readonly adopted?: boolean
}

function same(a: PooledRef | null | undefined, b: PooledRef | null | undefined): boolean {
  return a?.id === b?.id && a?.contentHash === b?.contentHash
}
