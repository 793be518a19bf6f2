import type { Claim, Limits } from './claim.ts'
import { type Blocker, blocker, evictee, hasRoom, yielder } from './policy.ts'
import { FairQueue } from './queue.ts'
import { type Tokens, VirtualService } from './service.ts'

export interface SchedulerLimits extends Limits {
  readonly waitingMax: number
  readonly waitingPerTenantMax: number
}

/** One change that fairness asks for now. */
export type Move<Waiting, Running> =
  | { readonly kind: 'start'; readonly claim: Waiting }
  | { readonly kind: 'preempt'; readonly claim: Running }
  | { readonly kind: 'none' }

/**
 * Who waits, who is next, who makes room: bookkeeping around the decisions of `policy.ts`. It holds no sequences that
 * run; the engine shows them at each call, hence there is one truth about them.
 *
 * The head of the queue is never overtaken, or a large request would starve behind small ones; slots may stand empty
 * while it waits for its room, which comes as those that run end.
 */
export class Scheduler<Waiting extends Claim, Running extends Waiting> {
  private readonly queue = new FairQueue<Waiting>()
  private readonly service = new VirtualService()
  private blockedBy: Blocker = 'slots'

  constructor(private readonly limits: SchedulerLimits) {}

  get waiting(): FairQueue<Waiting> {
    return this.queue
  }

  /** What the head of the queue was waiting for when it was last looked at. */
  get blocker(): Blocker {
    return this.blockedBy
  }

  /** Which bound one more request of this tenant would break. */
  full(tenant: string): 'all' | 'tenant' | undefined {
    if (this.queue.sizeOf(tenant) >= this.limits.waitingPerTenantMax) return 'tenant'
    return this.queue.size >= this.limits.waitingMax ? 'all' : undefined
  }

  /** A new request waits. */
  enter(claim: Waiting): void {
    this.service.enter(claim.tenant)
    this.queue.push(claim)
  }

  /** A request ended, whether or not it ever ran. */
  leave({ tenant }: Claim): void {
    this.service.leave(tenant)
  }

  /** What ran waits again. */
  requeue(claim: Running): void {
    this.queue.push(claim)
  }

  charge({ tenant, weight }: Claim, tokens: Tokens): void {
    this.service.charge(tenant, weight, tokens)
  }

  /** What to change among those that run; the engine does so and asks again until there is nothing. */
  next(running: readonly Running[]): Move<Waiting, Running> {
    const evicted = hasRoom(running, this.limits) ? undefined : evictee(running, this.service)
    if (evicted) return { kind: 'preempt', claim: evicted }
    const claim = this.queue.head(this.service)
    if (!claim) return { kind: 'none' }
    const blocked = blocker(claim, running, this.limits)
    if (!blocked) {
      this.queue.take(claim)
      return { kind: 'start', claim }
    }
    this.blockedBy = blocked
    const yielding = yielder(claim, running, this.service, this.limits)
    return yielding ? { kind: 'preempt', claim: yielding } : { kind: 'none' }
  }
}
