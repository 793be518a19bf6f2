import type { AcceptanceRecord, AuthenticatedKey, Store, UsageRecord } from '../store.ts'

/** A store that a test can break. It passes the same cases as the one on PostgreSQL. */
export class MemoryStore implements Store {
  readonly keys = new Map<string, AuthenticatedKey>()
  readonly usage = new Map<string, UsageRecord>()
  readonly acceptance: { tenantId: string; arms: readonly AcceptanceRecord[] }[] = []
  /** While set, every operation fails with it. */
  outage: Error | null = null
  authentications = 0

  async authenticate(presented: string): Promise<AuthenticatedKey | null> {
    this.authentications++
    this.failInOutage()
    return this.keys.get(presented) ?? null
  }

  async recordUsage(usage: UsageRecord): Promise<void> {
    this.failInOutage()
    if (!this.usage.has(usage.requestId)) this.usage.set(usage.requestId, usage)
  }

  async recordAcceptance(tenantId: string, _at: Date, arms: readonly AcceptanceRecord[]): Promise<void> {
    this.failInOutage()
    this.acceptance.push({ tenantId, arms })
  }

  async ping(): Promise<void> {
    this.failInOutage()
  }

  private failInOutage(): void {
    if (this.outage) throw this.outage
  }
}
