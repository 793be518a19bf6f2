import { z } from 'zod'
import { type Adapter, contentHash } from './adapter.ts'
import type { RecurrentDraft } from './recurrent-draft.ts'
import { DraftError } from './tensors.ts'

/** Names an adapter: equal refs are equal bytes. */
export interface PooledRef {
  readonly id: string
  /** SHA-256 of adapter_model.safetensors, in hex. */
  readonly contentHash: string
}

export const ADAPTER_WEIGHTS_FILE = 'adapter_model.safetensors'
export const ADAPTER_CONFIG_FILE = 'adapter_config.json'

export interface AdapterPoolEvents {
  load(ref: PooledRef): Promise<ReadonlyMap<string, Uint8Array>>
  /** It can't be used: damaged, of another draft, or not what it says it is. */
  onRefused(tenant: string, ref: PooledRef, reason: string): void
  /** It drafts worse than the static draft and is no longer used. */
  onDemoted(tenant: string, ref: PooledRef, reason: string): void
}

/** What of adapter_config.json decides whether the weights may be used; the rest is for people and other tools. */
const configSchema = z.looseObject({
  base_model_name_or_path: z.string(),
  foretoken: z.looseObject({ acceptance: z.array(z.number().min(0).max(1)).optional() }).optional(),
})

export interface LoadedAdapter {
  readonly ref: PooledRef
  readonly adapter: Adapter
  /** By position, as evaluated after training; absent where nobody did. */
  readonly acceptance: readonly number[] | undefined
}

/**
 * The adapters of the tenants that this worker serves. Loading happens beside serving; a swap is one assignment
 * between two steps. Until an adapter is there, and after it was refused or demoted, its tenant has none: the static
 * draft serves it, and no request waits.
 */
export class AdapterPool {
  private readonly slots = new Map<string, Slot>()

  constructor(
    private readonly draft: RecurrentDraft,
    private readonly events: AdapterPoolEvents,
    /** Tenants with an adapter in memory; the least recently asked for goes first. */
    private readonly tenantsMax = 256,
  ) {}

  /** Says which adapter a tenant should have; null unloads it. Cheap when nothing changed. */
  want(tenant: string, ref: PooledRef | null): void {
    const slot = this.slots.get(tenant)
    if (slot) this.touch(tenant, slot)
    if (same(slot?.ref, ref)) return
    if (!ref) {
      this.slots.delete(tenant)
      return
    }
    // The old adapter serves until the new one is there.
    const next: Slot = { ref, loaded: slot?.loaded }
    this.touch(tenant, next)
    if (!same(next.loaded?.ref, ref)) void this.load(tenant, next)
  }

  /** Makes an adapter live at once, for those who have it at hand. */
  adopt(tenant: string, adapter: Adapter, acceptance?: readonly number[]): void {
    const ref = { id: adapter.id, contentHash: '' }
    this.touch(tenant, { ref, loaded: { ref, adapter, acceptance } })
  }

  live(tenant: string): LoadedAdapter | undefined {
    return this.slots.get(tenant)?.loaded
  }

  /** Takes a bad adapter out of service at once. Asking for it again does nothing. */
  demote(tenant: string, reason: string): void {
    const slot = this.slots.get(tenant)
    if (!slot?.loaded) return
    const { ref } = slot.loaded
    slot.loaded = undefined
    this.events.onDemoted(tenant, ref, reason)
  }

  private async load(tenant: string, slot: Slot): Promise<void> {
    const { ref } = slot
    try {
      const loaded = await this.read(ref, await this.events.load(ref))
      if (this.slots.get(tenant) === slot) slot.loaded = loaded
    } catch (error) {
      if (this.slots.get(tenant) !== slot) return
      slot.loaded = undefined
      this.events.onRefused(tenant, ref, error instanceof Error ? error.message : String(error))
    }
  }

  private async read(ref: PooledRef, files: ReadonlyMap<string, Uint8Array>): Promise<LoadedAdapter> {
    const [weights, text] = [files.get(ADAPTER_WEIGHTS_FILE), files.get(ADAPTER_CONFIG_FILE)]
    if (!weights || !text) throw new DraftError(`${weights ? ADAPTER_CONFIG_FILE : ADAPTER_WEIGHTS_FILE} is missing`)
    if (contentHash(weights) !== ref.contentHash) throw new DraftError('its bytes are not those that were promoted')
    const config = configSchema.safeParse(parseJson(text))
    if (!config.success) throw new DraftError(`${ADAPTER_CONFIG_FILE} is not understood`)
    if (config.data.base_model_name_or_path !== this.draft.artifact.contentHash) {
      throw new DraftError('it belongs to another static draft')
    }
    const adapter = await this.draft.readAdapter({ id: ref.id, bytes: weights })
    return { ref, adapter, acceptance: config.data.foretoken?.acceptance }
  }

  private touch(tenant: string, slot: Slot): void {
    this.slots.delete(tenant)
    this.slots.set(tenant, slot)
    for (const idle of this.slots.keys()) {
      if (this.slots.size <= this.tenantsMax) return
      this.slots.delete(idle)
    }
  }
}

interface Slot {
  readonly ref: PooledRef
  loaded: LoadedAdapter | undefined
}

function same(a: PooledRef | null | undefined, b: PooledRef | null | undefined): boolean {
  return a?.id === b?.id && a?.contentHash === b?.contentHash
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    return undefined
  }
}
