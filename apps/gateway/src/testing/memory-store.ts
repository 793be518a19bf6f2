import type {
  AuthenticatedKey,
  LiveAdapter,
  OpenRequest,
  Rejected,
  ResponseChain,
  Store,
  StoredResponse,
  StoredResponseLimits,
  UsageRecord,
} from '../store.ts'

/** A store that a test can break. It passes the same cases as the one on PostgreSQL. */
export class MemoryStore implements Store {
  readonly keys = new Map<string, AuthenticatedKey>()
  readonly usage = new Map<string, UsageRecord>()
  readonly open = new Map<string, OpenRequest>()
  readonly rejected: { tenantId: string; version: string; reason: string }[] = []
  /** Oldest first. */
  readonly responses = new Map<string, StoredResponse & { readonly tenantId: string; readonly expiresMs: number }>()
  /** The version before the live one. */
  fallback: LiveAdapter | null = null
  /** Models that were served by workers of before. */
  readonly served = new Set<string>()
  /** While set, every operation fails with it. */
  outage: Error | null = null
  authentications = 0

  async authenticate(presented: string): Promise<AuthenticatedKey | null> {
    this.authentications++
    this.failInOutage()
    return this.keys.get(presented) ?? null
  }

  async recordUsage(usages: readonly UsageRecord[]): Promise<void> {
    this.failInOutage()
    for (const usage of usages) {
      if (!this.usage.has(usage.requestId)) this.usage.set(usage.requestId, usage)
      this.open.delete(usage.requestId)
    }
  }

  async journal(_gatewayId: string, requests: readonly OpenRequest[]): Promise<void> {
    this.failInOutage()
    for (const request of requests) this.open.set(request.id, request)
  }

  /** Its only gateway is not lost. */
  async settleLost(): Promise<number> {
    this.failInOutage()
    return 0
  }

  /** What was live stays named by its keys' `adapters`; what it falls back to is `fallback`. */
  async rejectDraft(tenantId: string, version: string, reason: string): Promise<Rejected> {
    this.failInOutage()
    let changed = false
    for (const [secret, key] of this.keys) {
      if (key.tenantId !== tenantId || !key.adapters.some(({ id }) => id === version)) continue
      const others = key.adapters.filter(({ id }) => id !== version)
      this.keys.set(secret, { ...key, adapters: this.fallback ? [...others, this.fallback] : others })
      changed = true
    }
    if (changed) this.rejected.push({ tenantId, version, reason })
    const live = [...this.keys.values()].find((key) => key.tenantId === tenantId)?.adapters[0]?.id ?? null
    return { changed, live }
  }

  async servedLately(model: string): Promise<boolean> {
    this.failInOutage()
    return this.served.has(model)
  }

  /** Bytes are the database's business. */
  async saveResponse(tenantId: string, response: StoredResponse, limits: StoredResponseLimits): Promise<void> {
    this.failInOutage()
    if (this.responses.has(response.id)) return
    const kept = structuredClone(response)
    this.responses.set(response.id, { ...kept, tenantId, expiresMs: Date.now() + limits.keptMs })
    const own = [...this.responses.values()].filter((each) => each.tenantId === tenantId)
    for (const { id } of own.slice(0, -limits.countMax)) this.responses.delete(id)
  }

  async responseChain(tenantId: string, id: string, bytesMax: number): Promise<ResponseChain> {
    const responses: StoredResponse[] = []
    let bytes = 0
    for (let next: string | null = id; next !== null; ) {
      if (bytes > bytesMax) return { responses, extent: 'cut' }
      const found: StoredResponse | null = await this.findResponse(tenantId, next)
      if (!found) return { responses, extent: 'gone' }
      responses.push(found)
      bytes += JSON.stringify([found.input, found.response]).length
      next = found.previousId
    }
    return { responses, extent: 'whole' }
  }

  async findResponse(tenantId: string, id: string): Promise<StoredResponse | null> {
    this.failInOutage()
    const found = this.responses.get(id)
    if (found?.tenantId !== tenantId || found.expiresMs <= Date.now()) return null
    const { previousId, input, response } = found
    return { id, previousId, input, response }
  }

  async deleteResponse(tenantId: string, id: string): Promise<boolean> {
    return (await this.findResponse(tenantId, id)) !== null && this.responses.delete(id)
  }

  async removeExpiredResponses(): Promise<number> {
    this.failInOutage()
    const expired = [...this.responses].filter(([, { expiresMs }]) => expiresMs <= Date.now())
    for (const [id] of expired) this.responses.delete(id)
    return expired.length
  }

  async ping(): Promise<void> {
    this.failInOutage()
  }

  private failInOutage(): void {
    if (this.outage) throw this.outage
  }
}
