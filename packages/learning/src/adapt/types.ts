import type { LoadedModel } from '@foretoken/model'
import type { ObjectStore } from '@foretoken/storage'

/** Where a tenant's adapter lies in the object store. */
export interface StoredAdapter {
  readonly id: string
  readonly contentHash: string
  /** Of its folder: `adapters/{tenant}/{id}`. */
  readonly key: string
}

export interface AdaptRequest {
  readonly store: ObjectStore
  readonly tenant: string
  readonly model: LoadedModel
  /** `targetFingerprint` of the model: traces of another can't be learned from. */
  readonly target: string
  /** `targetForm` of it; absent: a static draft of other weights is refused. */
  readonly form?: string
  /** Folder of the static draft that the adapter is a delta on. */
  readonly staticDraft: string
  /** What serves the tenant now; null: the static draft alone. */
  readonly current: StoredAdapter | null
  /** What served the tenant on earlier weights of this target, where it is to be tried on these. */
  readonly earlier?: StoredAdapter | null
  /** What the new one will be known as: its files name it, and the row that the caller writes does. */
  readonly next: { readonly id: string; readonly version: number }
  /** How many of the newest trace tokens to learn from. */
  readonly tokensMax: number
  /** Aborted when the process has to go or has lost the run; reject with its reason. */
  readonly signal: AbortSignal
  /** `progress` from 0 to 1 over the whole run. Cheap: call it often. */
  readonly onProgress: (progress: { readonly phase: string; readonly progress: number }) => void
}

/** Measured quantities by name, e.g. acceptanceLength and tokensPerSecond on held-out requests. */
export type AdaptFigures = Readonly<Record<string, number | null>>

export interface AdapterArtifact {
  /** SHA-256 of adapter_model.safetensors, in hex. */
  readonly contentHash: string
  /** By name within the artifact's folder. */
  readonly files: Readonly<Record<string, Uint8Array>>
}

export interface AdaptResult {
  readonly outcome: 'better' | 'not-better' | 'too-little' | 'failed'
  /** There for `better`, and for `not-better` where it is worth keeping as evidence. */
  readonly artifact?: AdapterArtifact
  readonly figures: {
    /** Completion tokens that were learned from. */
    readonly tokens: number
    /** Held-out figures of what serves the tenant now, and of what was trained. */
    readonly baseline: AdaptFigures | null
    readonly candidate: AdaptFigures | null
  }
  /** One sentence for people: what was found, in figures. */
  readonly reason: string
}

/** Trains one tenant's adapter and says whether it is better than what it has. Stores nothing: the caller does. */
export type AdaptTenant = (request: AdaptRequest) => Promise<AdaptResult>
