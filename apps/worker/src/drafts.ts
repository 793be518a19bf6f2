import type { AdapterPoolEvents, AdapterPoolStatistics, PooledRef, Speculator } from '@foretoken/drafting'
import type { TraceSink } from '@foretoken/engine'
import { TraceRecorder } from '@foretoken/learning'
import type { AdapterRef, DraftVerdict, GenerateCall } from '@foretoken/protocol'
import type { ObjectStore } from '@foretoken/storage'
import { type Logger, Outage } from '@foretoken/telemetry'
import { AdapterDisk } from './adapters/disk.ts'
import type { AdapterFiles } from './adapters/files.ts'
import { AdapterSource } from './adapters/source.ts'

/** A neural draft with its tenants' adapters. */
export interface NeuralDraft extends Speculator {
  /** Loads in the background and swaps between steps; null unloads. A candidate drafts for its share of the steps. */
  want(tenant: string, ref: PooledRef | null, candidate?: PooledRef | null): void
  /** Milliseconds that keeping this adapter of a tenant near is expected to save. */
  worthMs(tenant: string, id: string): number
  readonly adapterStatistics: AdapterPoolStatistics
}

export interface TenantDraftsOptions {
  readonly store: ObjectStore | null
  /** Fingerprint and hidden width of the target: what its traces belong to. */
  readonly target: string
  readonly hiddenSize: number
  readonly logger: Logger
  /** The platform's time; absent: this machine's. */
  readonly clock?: (() => number) | undefined
  /** Absent where the target has no static draft: then adapters have nothing to be a delta on. */
  readonly open?: (events: AdapterPoolEvents) => NeuralDraft
  /** Where adapters' files are kept beside the store, and how many bytes of them. */
  readonly disk?: { readonly folder: string; readonly bytesMax: number } | undefined
  /** How long a store that is away is left alone. */
  readonly retryMs?: readonly number[]
  /** Tenants of which something is remembered; the least recently served goes first. */
  readonly tenantsMax?: number
}

/**
 * What the worker holds of each tenant's learning: the adapter that its calls name, the traces that they leave, and
 * what was found out about a draft. A call is never delayed by any of it.
 */
export class TenantDrafts {
  readonly neural: NeuralDraft | null
  readonly traces: TraceRecorder | null
  /** The latest served last. */
  private readonly tenants = new Map<string, TenantState>()
  private readonly source: AdapterSource
  private readonly sweeping: NodeJS.Timeout

  constructor(private readonly options: TenantDraftsOptions) {
    const { store, target, hiddenSize, logger, clock, disk, retryMs } = options
    const outage = new Outage(logger, { begins: 'traces are not stored yet', ends: 'traces are stored again' })
    this.traces =
      store &&
      new TraceRecorder({
        ...{ store, target, hiddenSize, ...(clock && { clock }) },
        onError: (err) => outage.failed(err),
        onStored: () => outage.worked(),
      })
    const worthMs = (tenant: string, id: string) => this.neural?.worthMs(tenant, id) ?? 0
    this.source = new AdapterSource({
      store,
      disk: disk ? new AdapterDisk({ ...disk, worthMs }) : null,
      logger,
      ...(retryMs && { retryMs }),
    })
    void this.sweep() // tenants may have been forgotten while no worker ran
    this.sweeping = setInterval(() => void this.sweep(), SWEEP_MS).unref()
    this.neural =
      options.open?.({
        load: (ref, tenant) => this.load(ref, tenant),
        onRefused: (tenant, ref, reason) => this.judge(tenant, { version: ref.id, verdict: 'refused', reason }),
        onDemoted: (tenant, ref, reason) => this.judge(tenant, { version: ref.id, verdict: 'demoted', reason }),
      }) ?? null
  }

  get sink(): { traces?: TraceSink } {
    return this.traces ? { traces: this.traces } : {}
  }

  get statistics() {
    return { ...this.source.statistics, memory: this.neural?.adapterStatistics }
  }

  /**
   * Before a call is admitted: what it says of its tenant takes effect.
   *
   * @param forget deletes what else is held of a tenant: the engine's indexes and accounts.
   */
  prepare({ tenant, adapter, canary, forgottenMs }: GenerateCall, forget: (tenant: string) => void): void {
    const state = this.stateOf(tenant)
    if (forgottenMs > state.forgottenMs) {
      state.forgottenMs = forgottenMs
      this.traces?.forget(tenant)
      // What the call names was learned since.
      void this.source.forget(tenant, adapter?.id)
      forget(tenant)
    }
    const named = [adapter?.id, canary?.id]
    state.verdicts = state.verdicts.filter(({ version }) => named.includes(version))
    const usable = <Ref extends AdapterRef>(ref: Ref | null) =>
      ref && state.verdicts.every(({ version }) => version !== ref.id) ? ref : null
    state.adapter = usable(adapter)
    state.canary = usable(canary ?? null)
    this.neural?.want(tenant, state.adapter && pooled(state.adapter), state.canary && pooled(state.canary))
  }

  verdictsOf(tenant: string): DraftVerdict[] {
    return [...(this.tenants.get(tenant)?.verdicts ?? [])]
  }

  /** Who was served last, at most so many, the latest first. */
  recentTenants(most: number): string[] {
    return [...this.tenants.keys()].slice(-most).reverse()
  }

  /** Drops from disk what the store no longer has. Done now and then. */
  async sweep(): Promise<void> {
    await this.source.sweep()
  }

  /** Stores the traces that are still held. */
  async close(): Promise<void> {
    clearInterval(this.sweeping)
    await this.traces?.close()
  }

  /** Moves the tenant to the end and forgets those who were not served for longest: their next calls say it all again. */
  private stateOf(tenant: string): TenantState {
    const state = this.tenants.get(tenant) ?? { adapter: null, canary: null, verdicts: [], forgottenMs: 0 }
    this.tenants.delete(tenant)
    this.tenants.set(tenant, state)
    for (const idle of this.tenants.keys()) {
      if (this.tenants.size <= (this.options.tenantsMax ?? TENANTS_MAX)) break
      this.tenants.delete(idle)
    }
    return state
  }

  private judge(tenant: string, verdict: DraftVerdict): void {
    const state = this.stateOf(tenant)
    state.verdicts = [...state.verdicts.filter(({ version }) => version !== verdict.version), verdict]
    this.options.logger.warn({ tenantId: tenant, ...verdict }, 'a draft was found wanting')
  }

  private async load(ref: PooledRef, tenant: string): Promise<AdapterFiles | undefined> {
    const named = () => {
      const { adapter, canary } = this.tenants.get(tenant) ?? {}
      return [adapter, canary].find((each) => each?.id === ref.id)
    }
    const key = named()?.key
    return key === undefined ? undefined : await this.source.files(ref, tenant, key, () => named() !== undefined)
  }
}

/** What the draft needs to know of it: the key is ours. */
function pooled({ key: _, ...ref }: AdapterRef & { readonly share?: number }): PooledRef {
  return ref
}

interface TenantState {
  /** What its calls named last, and where that lies. */
  adapter: AdapterRef | null
  /** What they named to be tried beside it. */
  canary: AdapterRef | null
  /** Each is said again at each end until calls name another adapter. */
  verdicts: readonly DraftVerdict[]
  forgottenMs: number
}

/** As many as the draft remembers the wishes of. */
const TENANTS_MAX = 16_384
const SWEEP_MS = 600_000
