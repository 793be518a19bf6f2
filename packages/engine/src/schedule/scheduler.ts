import { type Blocker, blocker, evictee, hasRoom, yielder } from './policy.ts'
import { FairQueue } from './queue.ts'
import type { Limits, Schedulable } from './schedulable.ts'
import { type Tokens, VirtualService } from './service.ts'

export interface SchedulerLimits extends Limits {
  readonly waitingMax: number
  readonly waitingPerTenantMax: number
}

/** One change that fairness asks for now. */
export type Move<Waiting, Running> =
  | { readonly kind: 'start'; readonly waiting: Waiting }
  | { readonly kind: 'preempt'; readonly running: Running }
  | { readonly kind: 'none' }

/**
 * Who waits, who is next, who makes room: bookkeeping around the decisions of `policy.ts`. It holds no sequences that
 * run; the engine shows them at each call, hence there is one truth about them.
 *
 * The head of the queue is never overtaken, or a large request would starve behind small ones; slots may stand empty
 * while it waits for its room, which comes as those that run end.
 */
export class Scheduler<Waiting extends Schedulable, Running extends Waiting> {
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

  /** A new request waits, whole or by its parts. */
  enter(request: Waiting, parts: readonly Waiting[] = [request]): void {
    this.service.enter(request.tenant)
    for (const part of parts) this.queue.push(part)
  }

  /** A request ended, whether or not it ever ran. */
  leave({ tenant }: Schedulable): void {
    this.service.leave(tenant)
  }

  /** What ran waits again. */
  requeue(preempted: Running): void {
    this.queue.push(preempted)
  }

  charge({ tenant, weight }: Schedulable, tokens: Tokens): void {
    this.service.charge(tenant, weight, tokens)
  }

  /** What to change among those that run; the engine does so and asks again until there is nothing. */
  next(running: readonly Running[]): Move<Waiting, Running> {
    const evicted = hasRoom(running, this.limits) ? undefined : evictee(running, this.service)
    if (evicted) return { kind: 'preempt', running: evicted }
    const head = this.queue.head(this.service)
    if (!head) return { kind: 'none' }
    const blocked = blocker(head, running, this.limits)
    if (!blocked) {
      this.queue.take(head)
      return { kind: 'start', waiting: head }
    }
    this.blockedBy = blocked
    const yielding = yielder(head, running, this.service, this.limits)
    return yielding ? { kind: 'preempt', running: yielding } : { kind: 'none' }
  }
}
