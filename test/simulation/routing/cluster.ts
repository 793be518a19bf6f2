import type { Candidate } from '@foretoken/policy'

/** A worker in virtual time: requests start in order, as slots become free; it remembers its latest tenants. */
export class SimulatedWorker {
  served = 0
  /** When requests that run or wait will end. */
  private ends: number[] = []
  /** When each slot is free again. */
  private readonly slots: number[]
  /** Tenants in order of use, the latest last. */
  private readonly hot = new Set<string>()

  constructor(
    readonly id: string,
    readonly capacity: number,
    private readonly tenantsHotMax: number,
  ) {
    this.slots = Array.from({ length: capacity }, () => 0)
  }

  candidate(tenant: string, nowMs: number): Candidate & { readonly worker: SimulatedWorker } {
    this.ends = this.ends.filter((end) => end > nowMs)
    return { id: this.id, load: this.ends.length, capacity: this.capacity, hot: this.hot.has(tenant), worker: this }
  }

  /** Takes a request; says when it ends, and whether its tenant was hot. */
  serve(
    tenant: string,
    nowMs: number,
    serviceMs: number,
    coldMs: number,
  ): { readonly endMs: number; readonly hot: boolean } {
    const hot = this.hot.delete(tenant)
    this.hot.add(tenant)
    for (const oldest of this.hot) {
      if (this.hot.size <= this.tenantsHotMax) break
      this.hot.delete(oldest)
    }
    const slot = this.slots.reduce((first, free, at) => (free < (this.slots[first] ?? 0) ? at : first), 0)
    const endMs = Math.max(nowMs, this.slots[slot] ?? 0) + serviceMs + (hot ? 0 : coldMs)
    this.slots[slot] = endMs
    this.ends.push(endMs)
    this.served++
    return { endMs, hot }
  }

  /** Another process in its place, that knows nobody. */
  restart(): void {
    this.hot.clear()
  }
}
