import type { Claim } from './claim.ts'
import type { VirtualService } from './service.ts'

/** What waits, first come, first served within a tenant; what was served before comes back to its old place. */
export class FairQueue<Waiting extends Claim> {
  private readonly queues = new Map<string, Waiting[]>()
  private count = 0

  get size(): number {
    return this.count
  }

  sizeOf(tenant: string): number {
    return this.queues.get(tenant)?.length ?? 0
  }

  push(claim: Waiting): void {
    const queue = this.queues.get(claim.tenant) ?? []
    const younger = queue.findIndex(({ arrival }) => arrival > claim.arrival)
    queue.splice(younger < 0 ? queue.length : younger, 0, claim)
    this.queues.set(claim.tenant, queue)
    this.count++
  }

  /** Whose turn it is: the oldest of the tenant that was served least. */
  head(service: Pick<VirtualService, 'of'>): Waiting | undefined {
    let best: Waiting | undefined
    for (const [first] of this.queues.values()) if (first && (!best || precedes(first, best, service))) best = first
    return best
  }

  take(claim: Waiting): void {
    this.removeAll((each) => each === claim)
  }

  /** Takes all of which `gone` holds out of the queue. */
  removeAll(gone: (claim: Waiting) => boolean): Waiting[] {
    const removed: Waiting[] = []
    for (const [tenant, queue] of this.queues) {
      const kept = queue.filter((claim) => !gone(claim))
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

function precedes(one: Claim, other: Claim, service: Pick<VirtualService, 'of'>): boolean {
  const lead = service.of(one.tenant) - service.of(other.tenant)
  return lead < 0 || (lead === 0 && one.arrival < other.arrival)
}
