import { charge } from '@foretoken/metering'
import { Books } from '@foretoken/metering/testing'
import { requestIdOf } from '@foretoken/protocol'
import type {
  Admission,
  AdmissionRequest,
  AuthenticatedKey,
  BucketQuery,
  Claim,
  IdempotentRequest,
  LiveAdapter,
  OpenRequest,
  Rejected,
  ReservedRequest,
  ResponseChain,
  Store,
  StoredAnswer,
  StoredResponse,
  StoredResponseLimits,
  UsageBucket,
  UsageRecord,
} from '../store.ts'

interface NamedRequest {
  readonly request: IdempotentRequest
  readonly attempt: number
  readonly createdAt: Date
  readonly gatewayId: string | null
  readonly untilMs: number
  readonly expiresMs: number
  readonly answer: StoredAnswer | null
}

const nameOf = ({ tenantId, keyHash }: Pick<IdempotentRequest, 'tenantId' | 'keyHash'>) =>
  `${tenantId} ${keyHash.toString('hex')}`

/** A store that a test can break. It passes the same cases as the one on PostgreSQL. */
export class MemoryStore implements Store {
  readonly keys = new Map<string, AuthenticatedKey>()
  readonly usage = new Map<string, UsageRecord>()
  readonly open = new Map<string, OpenRequest>()
  /** Limits, and what is billed at these rates. */
  readonly books = new Books({ input: 1n, cachedInput: 1n, output: 10n })
  readonly named = new Map<string, NamedRequest>()
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
      const { requestId, attempt = 1 } = usage
      if (attempt > (this.usage.get(requestId)?.attempt ?? 0)) this.usage.set(requestId, { ...usage, attempt })
      this.open.delete(requestId)
      const owners = [usage.tenantId, usage.keyId]
      this.books.bill({ ...usage, attempt, owners, lost: false }, new Date())
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

  async admit(request: AdmissionRequest, leaseMs: number): Promise<Admission> {
    this.failInOutage()
    const { promptTokens, tokensWanted, tokensNeeded, tenantId, keyId } = request
    const owners = [tenantId, keyId]
    const now = new Date()
    const costOf = (completionTokens: number) =>
      charge({ promptTokens, cachedTokens: 0, completionTokens }, this.books.rates).totalNano
    const demand = { promptTokens, wantedNano: costOf(tokensWanted), neededNano: costOf(tokensNeeded) }
    const verdict = this.books.admit({ ...request, owners, leaseMs: now.getTime() + leaseMs }, demand, now)
    const accounts = this.books.accountsOf(owners).map((account) => {
      return { ...account, budgeted: account.dayNanoMax !== null || account.monthNanoMax !== null }
    })
    return {
      denial: verdict.denial,
      grantedNano: verdict.denial === null ? verdict.grantedNano : null,
      ...{ tokens: promptTokens, rates: this.books.rates, nowUs: now.getTime() * 1_000, accounts },
    }
  }

  async extend(
    request: ReservedRequest & { gatewayId: string },
    more: { wantedNano: bigint; neededNano: bigint },
    leaseMs: number,
  ): Promise<bigint | null> {
    this.failInOutage()
    return this.books.extend(request, more, Date.now() + leaseMs, new Date())
  }

  async renew(gatewayId: string, used: readonly (ReservedRequest & { tokens: number })[], leaseMs: number) {
    this.failInOutage()
    return used.filter((each) => this.books.renew({ ...each, gatewayId }, Date.now() + leaseMs, new Date()))
  }

  async release(): Promise<number> {
    this.failInOutage()
    return this.books.release(new Date())
  }

  async claim(
    request: IdempotentRequest,
    gatewayId: string,
    times: { leaseMs: number; keptMs: number },
  ): Promise<Claim> {
    this.failInOutage()
    const name = nameOf(request)
    const found = this.named.get(name)
    const known = found && found.expiresMs >= Date.now() ? found : undefined
    if (known && !known.request.requestHash.equals(request.requestHash)) return { outcome: 'mismatch' }
    if (known?.answer) return { outcome: 'answered', requestId: known.request.requestId, answer: known.answer }
    if (known?.gatewayId && known.untilMs > Date.now()) return { outcome: 'running' }
    const fresh = { request, attempt: 0, createdAt: new Date(), expiresMs: Date.now() + times.keptMs, answer: null }
    const claimed = known ?? fresh
    const attempt = claimed.attempt + 1
    this.named.set(name, { ...claimed, attempt, gatewayId, untilMs: Date.now() + times.leaseMs })
    const { requestId, seed } = claimed.request
    return { outcome: 'run', requestId, seed, attempt, createdAt: claimed.createdAt }
  }

  async endIdempotent(
    request: Pick<IdempotentRequest, 'tenantId' | 'keyHash'> & { attempt: number },
    gatewayId: string,
    answer: StoredAnswer | null,
  ): Promise<void> {
    this.failInOutage()
    const known = this.named.get(nameOf(request))
    if (known?.attempt !== request.attempt || known.gatewayId !== gatewayId) return
    this.named.set(nameOf(request), { ...known, gatewayId: null, answer })
  }

  async renewClaims(gatewayId: string, leaseMs: number): Promise<void> {
    this.failInOutage()
    for (const [name, known] of this.named) {
      if (known.gatewayId === gatewayId) this.named.set(name, { ...known, untilMs: Date.now() + leaseMs })
    }
  }

  async removeExpiredClaims(): Promise<number> {
    this.failInOutage()
    const expired = [...this.named].filter(([, { expiresMs }]) => expiresMs < Date.now())
    for (const [name] of expired) this.named.delete(name)
    return expired.length
  }

  /** Each request by itself. */
  async usageBuckets(tenantId: string, { from, to, bucketMs, groupBy }: BucketQuery): Promise<UsageBucket[]> {
    this.failInOutage()
    const mine = [...this.usage.values()].filter(
      (usage) => usage.tenantId === tenantId && usage.finishedAt >= from && usage.finishedAt < to,
    )
    return mine.map((usage) => ({
      start: new Date(from.getTime() + Math.floor((+usage.finishedAt - +from) / bucketMs) * bucketMs),
      keyId: groupBy.includes('key') ? usage.keyId : null,
      model: groupBy.includes('model') ? usage.model : null,
      arm: null,
      requests: 1,
      ...charge(usage, this.books.rates),
    }))
  }

  async billingCurrency(): Promise<string | null> {
    this.failInOutage()
    return 'USD'
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
    if (!(await this.findResponse(tenantId, id))) return false
    for (const [name, { request }] of this.named) {
      if (request.requestId === requestIdOf(id, 'response')) this.named.delete(name)
    }
    return this.responses.delete(id)
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
