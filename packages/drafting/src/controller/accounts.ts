import type { StepPlan } from './decision.ts'

/**
 * Keeps speculation from costing a tenant more than it may: each tenant has an account of milliseconds. Committed
 * tokens earn what plain decoding would have taken for them, and LOSS_SHARE on top; steps cost what they take. The
 * controller only drafts by choice when the account could pay for total rejection, so over any stretch a tenant's
 * decoding takes at most (1 + LOSS_SHARE) × plain, plus what was in the account at its start, which is capped.
 *
 * A co-tenant's drafts make the shared step longer and draw on this account like the tenant's own. What a request
 * forces is nobody's choice but its own: such a step may earn, but it leaves no debt, or trying an arm out would keep
 * the controller from drafting for minutes.
 */
export class Accounts {
  /** Milliseconds by tenant, in order of use. */
  private readonly credits = new Map<string, number>()

  constructor(private readonly tenantsMax = 4_096) {}

  creditMs(tenant: string, plainMs: number): number {
    return this.credits.get(tenant) ?? CREDIT_START * plainMs
  }

  /**
   * After a step: `committed[i]` tokens of the sequence at place i of the plan, which belongs to `tenants[i]`.
   * `draftMs` is what was spent on drafting before the plan was made; `forced`, whether some request ordered drafts.
   */
  settle(
    plan: StepPlan,
    tenants: readonly string[],
    committed: readonly number[],
    { draftMs = 0, forced = false }: { readonly draftMs?: number; readonly forced?: boolean } = {},
  ): void {
    for (const tenant of new Set(tenants)) {
      const own = committed.filter((_, at) => tenants[at] === tenant)
      const tokens = own.reduce((sum, count) => sum + count, 0) / own.length
      const earned = tokens * plan.plainMs * (1 + LOSS_SHARE) - plan.expectedMs - draftMs
      const before = this.creditMs(tenant, plan.plainMs)
      const credit = Math.min(before + (forced ? Math.max(0, earned) : earned), CREDIT_MAX * plan.plainMs)
      this.credits.delete(tenant)
      this.credits.set(tenant, credit)
    }
    for (const tenant of this.credits.keys()) {
      if (this.credits.size <= this.tenantsMax) return
      this.credits.delete(tenant)
    }
  }

  forget(tenant: string): void {
    this.credits.delete(tenant)
  }
}

/** Below the promised 3 %, to leave room for what the cost table gets wrong. */
export const LOSS_SHARE = 0.02
/** In plain steps: enough for a new tenant to try drafting, and for a good spell to carry a bad one. */
export const CREDIT_START = 2
export const CREDIT_MAX = 32
