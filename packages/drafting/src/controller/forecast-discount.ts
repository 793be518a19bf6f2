/**
 * How much of what arms promise comes true once they are asked, by tenant. A promise is an average over past places;
 * the controller asks where it is highest, and where what is drafted already promises little, which are harder places
 * than most. So asking is chosen too often, unless promises are discounted by what came of those that were taken up.
 */
export class ForecastDiscount {
  /** Tokens beyond the first, promised and committed, in order of use. */
  private readonly tenants = new Map<string, { readonly promised: number; readonly kept: number }>()

  constructor(private readonly tenantsMax = 4_096) {}

  /** What a promised token beyond the first is worth: 1 is all of it. */
  factorOf(tenant: string): number {
    const { promised, kept } = this.tenants.get(tenant) ?? UNKNOWN
    return Math.min(Math.max((kept + PRIOR) / (promised + PRIOR), FACTOR_MIN), 1)
  }

  /** An arm that was asked by choice had promised so many tokens beyond the first, without a discount; so many came. */
  learn(tenant: string, promised: number, kept: number): void {
    const known = this.tenants.get(tenant) ?? UNKNOWN
    this.tenants.delete(tenant)
    this.tenants.set(tenant, { promised: DECAY * known.promised + promised, kept: DECAY * known.kept + kept })
    for (const other of this.tenants.keys()) {
      if (this.tenants.size <= this.tenantsMax) return
      this.tenants.delete(other)
    }
  }

  forget(tenant: string): void {
    this.tenants.delete(tenant)
  }
}

const UNKNOWN = { promised: 0, kept: 0 }
/** The last 50 forecasts that were acted on count, or so. */
const DECAY = 0.98
/** Tokens, promised and kept, that every tenant begins with. */
const PRIOR = 5
/** Not so low that an arm could never win it back. */
const FACTOR_MIN = 0.4
