import type { Schedulable } from './schedulable.ts'
import type { VirtualService } from './service.ts'

/** What waits, first come, first served within a tenant; what was served before comes back to its old place. */
export class FairQueue<Waiting extends Schedulable> {
  private readonly queues = new Map<string, Waiting[]>()
  private count = 0

  get size(): number {
    return this.count
  }

  sizeOf(tenant: string): number {
    return this.queues.get(tenant)?.length ?? 0
  }

  push(joining: Waiting): void {
    const queue = this.queues.get(joining.tenant) ?? []
    const younger = queue.findIndex(({ arrival }) => arrival > joining.arrival)
    queue.splice(younger < 0 ? queue.length : younger, 0, joining)
    this.queues.set(joining.tenant, queue)
    this.count++
  }

  /** Whose turn it is: the oldest of the tenant that was served least. */
  head(service: Pick<VirtualService, 'of'>): Waiting | undefined {
    let best: Waiting | undefined
    for (const [first] of this.queues.values()) if (first && (!best || precedes(first, best, service))) best = first
    return best
  }

  take(taken: Waiting): void {
    this.removeAll((each) => each === taken)
  }

  /** Takes all of which `gone` holds out of the queue. */
  removeAll(gone: (waiting: Waiting) => boolean): Waiting[] {
    const removed: Waiting[] = []
    for (const [tenant, queue] of this.queues) {
      const kept = queue.filter((each) => !gone(each))
      if (kept.length === queue.length) continue
      removed.push(...queue.filter(gone))
      if (kept.length > 0) this.queues.set(tenant, kept)
      else this.queues.delete(tenant)
    }
    this.count -= removed.length
    return removed
  }

  *[Symbol.iterator](): Iterator<Waiting> {
    for (const queue of this.queues.values()) yield* queue
  }
}

function precedes(one: Schedulable, other: Schedulable, service: Pick<VirtualService, 'of'>): boolean {
  const lead = service.of(one.tenant) - service.of(other.tenant)
  return lead < 0 || (lead === 0 && one.arrival < other.arrival)
}
