/**
 * How much of what arms promise comes true once they are asked, by tenant. A promise is an average over past places;
 * the controller asks where it is highest, and where what is drafted already promises little, which are harder places
 * than most. So asking is chosen too often, unless promises are discounted by what came of those that were taken up.
 */
export class Trust {
  /** Tokens beyond the first, promised and committed, in order of use. */
  private readonly tenants = new Map<string, { readonly promised: number; readonly kept: number }>()

  constructor(private readonly tenantsMax = 4_096) {}

  /** What a promised token beyond the first is worth. */
  of(tenant: string): number {
    const { promised, kept } = this.tenants.get(tenant) ?? NOTHING
    return Math.min(Math.max((kept + PRIOR) / (promised + PRIOR), TRUST_MIN), 1)
  }

  /** An arm that was asked by choice had promised so many tokens beyond the first, without a discount; so many came. */
  learn(tenant: string, promised: number, kept: number): void {
    const known = this.tenants.get(tenant) ?? NOTHING
    this.tenants.delete(tenant)
    this.tenants.set(tenant, { promised: KEPT * known.promised + promised, kept: KEPT * known.kept + kept })
    for (const other of this.tenants.keys()) {
      if (this.tenants.size <= this.tenantsMax) return
      this.tenants.delete(other)
    }
  }

  forget(tenant: string): void {
    this.tenants.delete(tenant)
  }
}

const NOTHING = { promised: 0, kept: 0 }
/** The last 50 askings or so count. */
const KEPT = 0.98
/** Tokens of honesty to begin with. */
const PRIOR = 5
/** Not so low that an arm could never win it back. */
const TRUST_MIN = 0.4
