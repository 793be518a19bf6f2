/** What a prompt token and a completion token count: one of a completion takes a share of a run of its own. */
export const TOKEN_PRICES = { input: 1, output: 2 } as const

/** Below zero: given back of what was charged before. */
export interface Tokens {
  readonly input?: number
  readonly output?: number
}

/**
 * How much each tenant was served, in priced tokens ÷ weight: the virtual token counter of Sheng et al., "Fairness in
 * Serving Large Language Models" (OSDI 2024). Whoever has least is next. A tenant that comes back is lifted to the
 * least of those who are there, so that nobody saves up credit by being away; a debt remains.
 *
 * Tenants that are away and owe nothing are forgotten, hence the size follows who is there, not who ever was.
 */
export class VirtualService {
  private readonly counters = new Map<string, number>()
  /** Requests of each tenant that is there. */
  private readonly requests = new Map<string, number>()
  /** Never falls; what a tenant has that is not known. */
  private floor = 0

  /** Tenants that it remembers. */
  get size(): number {
    return this.counters.size
  }

  of(tenant: string): number {
    return this.counters.get(tenant) ?? this.floor
  }

  /** A request arrived. */
  enter(tenant: string): void {
    const others = this.requests.get(tenant)
    if (others === undefined) {
      this.raiseFloor()
      this.counters.set(tenant, Math.max(this.of(tenant), this.floor))
    }
    this.requests.set(tenant, (others ?? 0) + 1)
  }

  charge(tenant: string, weight: number, { input = 0, output = 0 }: Tokens): void {
    const price = input * TOKEN_PRICES.input + output * TOKEN_PRICES.output
    this.counters.set(tenant, this.of(tenant) + price / weight)
  }

  /** A request ended. */
  leave(tenant: string): void {
    const others = (this.requests.get(tenant) ?? 0) - 1
    if (others > 0) {
      this.requests.set(tenant, others)
      return
    }
    this.raiseFloor()
    this.requests.delete(tenant)
    for (const [each, counter] of this.counters) {
      if (counter <= this.floor && !this.requests.has(each)) this.counters.delete(each)
    }
  }

  private raiseFloor(): void {
    let least = Number.POSITIVE_INFINITY
    for (const tenant of this.requests.keys()) least = Math.min(least, this.of(tenant))
    if (least < Number.POSITIVE_INFINITY) this.floor = Math.max(this.floor, least)
  }
}
