import type { DraftArm, DraftContext, DraftRequest, DraftSession, Proposal, Speculator } from '../speculator.ts'
import type { Adapter } from './adapter.ts'
import {
  AdapterPool,
  type AdapterPoolEvents,
  type AdapterPoolOptions,
  type AdapterPoolStatistics,
} from './adapter-pool.ts'
import type { MeasuredAcceptance, PooledRef } from './adapter-reader.ts'
import type { ChainStart } from './chains.ts'
import type { RecurrentDraft } from './recurrent-draft.ts'
import { type Drafter, RecurrentSession } from './session.ts'
import { TenantMemories } from './tenant-memory.ts'
import { candidatePlace, tenantOf } from './trial.ts'

/**
 * The arms `static` and `adaptive`: one recurrent draft, with and without the tenant's adapter, in the same runs. When
 * an adapter is new, and now and then later, both draft for it: the one that was not asked for is only compared, a few
 * tokens far (see PairedComparison), and an adapter that loses is taken out of service.
 */
export class RecurrentSpeculator implements Speculator {
  readonly arms = ['static', 'adaptive'] as const
  readonly eager = false
  private readonly adapters: AdapterPool
  private readonly memories: TenantMemories

  constructor(
    private readonly draft: RecurrentDraft,
    events: AdapterPoolEvents = NO_ADAPTERS,
    options: Partial<AdapterPoolOptions> = {},
  ) {
    this.adapters = new AdapterPool(draft, byTenant(events), options)
    this.memories = new TenantMemories(draft.artifact.acceptance)
  }

  /**
   * Loads in the background and swaps between steps; null unloads.
   *
   * @param candidate drafts in place of the other at its share of the tenant's steps, once it is loaded
   */
  want(tenant: string, ref: PooledRef | null, candidate: PooledRef | null = null): void {
    this.adapters.want(tenant, ref)
    this.adapters.want(candidatePlace(tenant), candidate)
  }

  /** Makes an adapter live at once, without a store: for evaluation. */
  adopt(tenant: string, adapter: Adapter, measured?: MeasuredAcceptance): void {
    this.adapters.adopt(tenant, adapter, measured)
  }

  /** Id of the adapter that serves a tenant now. */
  live(tenant: string): string | undefined {
    return this.adapters.live(tenant)?.ref.id
  }

  /** Id of the adapter that is tried beside it. */
  tried(tenant: string): string | undefined {
    return this.adapters.live(candidatePlace(tenant))?.ref.id
  }

  /** Milliseconds that keeping this adapter of a tenant near is expected to save: what other tiers evict by. */
  worthMs(tenant: string, id: string): number {
    return Math.max(this.adapters.worthMs(tenant, id), this.adapters.worthMs(candidatePlace(tenant), id))
  }

  get adapterStatistics(): AdapterPoolStatistics {
    return this.adapters.statistics
  }

  open(context: DraftContext): DraftSession {
    const { tenant, prompt } = context
    return new RecurrentSession(context, this.memories.of(tenant), this.adapters, this.draft.contextOf(prompt))
  }

  async propose(requests: readonly DraftRequest[]): Promise<Proposal[]> {
    const asked = requests.map(({ session, arm }, index) => entry(session, arm, index))
    const entries = asked.flatMap((each) => (each ? [each] : []))
    const rivals = entries.flatMap((each) => this.rival(each, entries))
    const lookahead = Math.max(0, ...requests.map(({ lookaheadMax }) => lookaheadMax))
    const proposals = requests.map((): Proposal => ({ tokens: [], survival: [], version: null }))
    for (const { index, proposal } of await this.drafted(entries, lookahead)) {
      const length = requests[index]?.lookaheadMax ?? 0
      proposals[index] = {
        ...proposal,
        tokens: proposal.tokens.slice(0, length),
        survival: proposal.survival.slice(0, length),
      }
    }
    // Not in the same run: that would make every row as dear as one with an adapter, and as long as the longest.
    await this.drafted(rivals, COMPARED_TOKENS)
    return proposals
  }

  private async drafted(entries: readonly Entry[], lookahead: number) {
    const starts = entries.map(({ start }) => start)
    const chains = await this.draft.draft(starts, lookahead, this.draft.survivalMin)
    return entries.flatMap(({ session, index, ...drafter }, row) => {
      const chain = chains[row]
      if (!chain) return []
      const version = drafter.arm === 'adaptive' ? (drafter.adapter?.ref.id ?? '') : this.draft.artifact.id
      return [{ index, proposal: session.propose(drafter, chain, lookahead, version) }]
    })
  }

  async probe(arm: DraftArm, batch: number, lookahead: number): Promise<void> {
    const hidden = new Float32Array(this.draft.artifact.shape.hiddenSize).fill(1)
    const context = this.draft.contextOf(new Array<number>(PROBED_TOKENS).fill(0))
    const start = { hidden, context, ...(arm === 'adaptive' && { adapter: this.draft.plain }) }
    await this.draft.draft(new Array<ChainStart>(batch).fill(start), lookahead)
  }

  forget(tenant: string): void {
    this.want(tenant, null)
    this.memories.forget(tenant)
  }

  /** The other arm of a sequence that is to be compared, unless it was asked for anyway. */
  private rival(one: Entry, entries: readonly Entry[]): Entry[] {
    const { session } = one
    if (entries.some((each) => each !== one && each.session === session) || !session.compares()) return []
    const arm = one.arm === 'adaptive' ? 'static' : 'adaptive'
    const start = session.start(arm)
    return start ? [{ session, arm, index: one.index, ...start }] : []
  }
}

/** How far two arms are compared: a segment, which tells them apart as well as a long chain. */
const COMPARED_TOKENS = 4
/** Of a request like most. */
const PROBED_TOKENS = 128
interface Entry extends Drafter {
  readonly session: RecurrentSession
  /** Of the request that asked. */
  readonly index: number
  readonly start: ChainStart
}

function entry(session: DraftSession, arm: DraftArm, index: number): Entry | undefined {
  if (!(session instanceof RecurrentSession) || arm === 'suffix' || arm === 'grammar') return undefined
  const start = session.start(arm)
  return start && { session, arm, index, ...start }
}

/** Who listens knows tenants, not places of the pool. */
function byTenant({ load, onRefused, onDemoted }: AdapterPoolEvents): AdapterPoolEvents {
  return {
    load: (ref, place) => load(ref, tenantOf(place)),
    onRefused: (place, ref, reason) => onRefused(tenantOf(place), ref, reason),
    onDemoted: (place, ref, reason) => onDemoted(tenantOf(place), ref, reason),
  }
}

/** For a draft that serves alone. */
const NO_ADAPTERS: AdapterPoolEvents = {
  load: () => Promise.reject(new Error('there is no store of adapters')),
  onRefused: () => {},
  onDemoted: () => {},
}
