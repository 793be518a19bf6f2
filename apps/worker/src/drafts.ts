import { setTimeout as sleep } from 'node:timers/promises'
import {
  ADAPTER_CONFIG_FILE,
  ADAPTER_WEIGHTS_FILE,
  type AdapterPoolEvents,
  type PooledRef,
  type Speculator,
} from '@foretoken/drafting'
import type { TraceSink } from '@foretoken/engine'
import { TraceRecorder } from '@foretoken/learning'
import type { AdapterRef, DraftVerdict, GenerateCall } from '@foretoken/protocol'
import { type ObjectStore, StorageError } from '@foretoken/storage'
import type { Logger } from '@foretoken/telemetry'

/** A neural draft with its tenants' adapters. */
export interface NeuralDraft extends Speculator {
  /** Loads in the background and swaps between steps; null unloads. */
  want(tenant: string, ref: PooledRef | null): void
}

export interface TenantDraftsOptions {
  readonly store: ObjectStore | null
  /** Fingerprint and hidden width of the target: what its traces belong to. */
  readonly target: string
  readonly hiddenSize: number
  readonly logger: Logger
  /** Absent where the target has no static draft: then adapters have nothing to be a delta on. */
  readonly open?: (events: AdapterPoolEvents) => NeuralDraft
  /** Waits before a load is tried again. */
  readonly retryMs?: readonly number[]
}

/**
 * What the worker holds of each tenant's learning: the adapter that its calls name, the traces that they leave, and
 * what was found out about a draft. A call is never delayed by any of it.
 */
export class TenantDrafts {
  readonly neural: NeuralDraft | null
  readonly traces: TraceRecorder | null
  /** One per tenant: said again at each end until calls name another adapter. */
  private readonly verdicts = new Map<string, DraftVerdict>()
  /** What each tenant's calls named last, and where that lies. */
  private readonly wanted = new Map<string, string>()
  private readonly keys = new Map<string, string>()
  /** Only tenants that were ever forgotten. */
  private readonly forgottenMs = new Map<string, number>()

  constructor(private readonly options: TenantDraftsOptions) {
    const { store, target, hiddenSize, logger } = options
    const onError = (err: unknown) => logger.warn({ err }, 'traces not stored yet')
    this.traces = store && new TraceRecorder({ store, target, hiddenSize, onError })
    this.neural =
      options.open?.({
        load: (ref) => this.load(ref),
        onRefused: (tenant, ref, reason) => this.judge(tenant, { version: ref.id, verdict: 'refused', reason }),
        onDemoted: (tenant, ref, reason) => this.judge(tenant, { version: ref.id, verdict: 'demoted', reason }),
      }) ?? null
  }

  get sink(): { traces?: TraceSink } {
    return this.traces ? { traces: this.traces } : {}
  }

  /**
   * Before a call is admitted: what it says of its tenant takes effect.
   *
   * @param forget deletes what else is held of a tenant: the engine's indexes and accounts.
   */
  prepare({ tenant, adapter, forgottenMs }: GenerateCall, forget: (tenant: string) => void): void {
    if (forgottenMs > (this.forgottenMs.get(tenant) ?? 0)) {
      this.forgottenMs.set(tenant, forgottenMs)
      this.traces?.forget(tenant)
      forget(tenant)
    }
    const verdict = this.verdicts.get(tenant)
    if (verdict && verdict.version !== adapter?.id) this.verdicts.delete(tenant)
    if (!this.neural) return
    const usable = adapter && verdict?.version !== adapter.id ? adapter : null
    this.note(tenant, usable)
    this.neural.want(tenant, usable && { id: usable.id, contentHash: usable.contentHash })
  }

  verdictsOf(tenant: string): DraftVerdict[] {
    const verdict = this.verdicts.get(tenant)
    return verdict ? [verdict] : []
  }

  /** Stores the traces that are still held. */
  async close(): Promise<void> {
    await this.traces?.close()
  }

  private note(tenant: string, adapter: AdapterRef | null): void {
    const before = this.wanted.get(tenant)
    if (before === adapter?.id) return
    if (before !== undefined) this.keys.delete(before)
    if (adapter) this.wanted.set(tenant, adapter.id)
    else this.wanted.delete(tenant)
    if (adapter) this.keys.set(adapter.id, adapter.key)
  }

  private judge(tenant: string, verdict: DraftVerdict): void {
    this.verdicts.set(tenant, verdict)
    this.options.logger.warn({ tenantId: tenant, ...verdict }, 'a draft was found wanting')
  }

  /** A store that is away is waited for: that says nothing about the adapter. One without the files does. */
  private async load(ref: PooledRef): Promise<ReadonlyMap<string, Uint8Array>> {
    const { store, retryMs = RETRY_MS } = this.options
    for (let attempt = 0; ; attempt++) {
      const key = this.keys.get(ref.id)
      if (!store || key === undefined) throw new Error('this worker has no store for it, or it is no longer wanted.')
      try {
        return await readAdapter(store, key)
      } catch (error) {
        const pauseMs = retryMs[Math.min(attempt, retryMs.length - 1)]
        if (!(error instanceof StorageError && error.retryable) || pauseMs === undefined) throw error
        await sleep(pauseMs, undefined, { ref: false })
      }
    }
  }
}

const RETRY_MS = [500, 2_000, 8_000, 30_000]

async function readAdapter(store: ObjectStore, key: string): Promise<ReadonlyMap<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>()
  for (const name of [ADAPTER_WEIGHTS_FILE, ADAPTER_CONFIG_FILE]) {
    const bytes = await store.get(`${key}/${name}`)
    if (!bytes) throw new Error(`its file ${name} is not in the object store.`)
    files.set(name, bytes)
  }
  return files
}
