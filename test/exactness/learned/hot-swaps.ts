import {
  type DraftContext,
  type DraftRequest,
  type DraftSession,
  drawAt,
  type Proposal,
  type RecurrentSpeculator,
  type Speculator,
} from '@foretoken/drafting'
import type { TenantAdapter } from './world.ts'

export const CHANGES = ['adopt', 'load', 'unload', 'forget'] as const

/**
 * The recurrent draft while what serves its tenants changes at random, and at the worst moments: after an arm was
 * planned for and before it drafts, while it drafts, and after it drafted and before the target verifies.
 */
export class HotSwaps implements Speculator {
  readonly arms
  readonly eager
  /** What was done so far, in order. */
  readonly done: { readonly change: (typeof CHANGES)[number]; readonly version: string | null }[] = []
  private draws = 0

  /** @param adapters to choose from; each swap gives them another name. */
  constructor(
    private readonly inner: RecurrentSpeculator,
    private readonly tenants: readonly string[],
    private readonly adapters: readonly TenantAdapter[],
  ) {
    this.arms = inner.arms
    this.eager = inner.eager
  }

  open(context: DraftContext): DraftSession {
    return this.inner.open(context)
  }

  async propose(requests: readonly DraftRequest[]): Promise<Proposal[]> {
    this.perhaps()
    const drafting = this.inner.propose(requests)
    this.perhaps()
    const proposals = await drafting
    this.perhaps()
    return proposals
  }

  forget(tenant: string): void {
    this.inner.forget(tenant)
  }

  private perhaps(): void {
    if (this.draw() > SHARE) return
    const [tenant, adapter] = [this.pick(this.tenants), this.pick(this.adapters)]
    if (tenant === undefined || !adapter) return
    const change = this.draw() < 0.7 ? this.pick(['adopt', 'load'] as const) : this.pick(['unload', 'forget'] as const)
    if (change === undefined) return
    const version = change === 'adopt' || change === 'load' ? `adp_${this.done.length}` : null
    this.done.push({ change, version })
    if (change === 'forget') this.inner.forget(tenant)
    else if (version === null) this.inner.want(tenant, null)
    else if (change === 'adopt') this.inner.adopt(tenant, { ...adapter.ready, id: version })
    else this.inner.want(tenant, { ...adapter.stored.ref, id: version })
  }

  private pick<T>(list: readonly T[]): T | undefined {
    return list[Math.floor(this.draw() * list.length)]
  }

  private draw(): number {
    return drawAt(17, this.draws++)
  }
}

/** Of the moments at which something changes. */
const SHARE = 0.12
