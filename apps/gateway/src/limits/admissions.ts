import { ApiError } from '@foretoken/protocol'
import type { Logger, RequestMetrics } from '@foretoken/telemetry'
import type { Admission, AdmissionRequest, Store } from '../store.ts'
import type { RequestFacts } from '../usage/meter.ts'
import { within } from '../within.ts'
import type { RequestDemand } from './demand.ts'
import { deniedError } from './denied.ts'
import { Hold } from './hold.ts'
import { Plenty } from './plenty.ts'

interface AdmissionsOptions {
  readonly gatewayId: string
  readonly databaseMsMax: number
  readonly leaseMs: number
  readonly renewMs: number
  readonly now: () => number
}

/** How often it looks for reservations of gateways that are gone. */
const RELEASE_MS = 2_000
const SETTLED_WITHIN_MS = 600_000

/**
 * Lets in what its tenant's and key's limits allow, and keeps what running requests hold of them. Those without limits
 * never come here, and pay nothing for it.
 *
 * Without the database nobody can tell what was spent: requests with a budget get 503, others are let in.
 */
export class Admissions {
  private readonly holds = new Set<Hold>()
  private readonly plenty: Plenty
  private readonly timers: readonly NodeJS.Timeout[]
  private renewing = false
  /** When the database failed last: leases that ran out meanwhile may be of gateways that live. */
  private failedMs = Number.NEGATIVE_INFINITY

  constructor(
    private readonly store: Pick<Store, 'admit' | 'extend' | 'renew' | 'release'>,
    private readonly logger: Logger,
    private readonly metrics: Pick<RequestMetrics, 'denied'>,
    private readonly options: AdmissionsOptions,
  ) {
    this.plenty = new Plenty(options.now)
    this.failedMs = options.now()
    this.timers = [
      setInterval(() => void this.renew(), options.renewMs).unref(),
      setInterval(() => void this.release(), RELEASE_MS).unref(),
    ]
  }

  close(): void {
    for (const timer of this.timers) clearInterval(timer)
  }

  /** Whether the next request of a key is as good as admitted. */
  isSureOf({ keyId, bounds }: RequestFacts['key']): boolean {
    return bounds !== 'none' && this.plenty.has(keyId)
  }

  /**
   * Null: nothing bounds it. Throws the ApiError of the limit that was reached.
   *
   * @param onAdmission told what was decided, either way
   */
  async admit(
    facts: RequestFacts,
    demand: RequestDemand,
    startedAt: Date,
    onAdmission: (admission: Admission) => void,
  ): Promise<Hold | null> {
    const { key, requestId, model } = facts
    if (key.bounds === 'none') return null
    const { promptTokens, tokensWanted, tokensNeeded, sliceTokens } = demand
    const { gatewayId } = this.options
    const attempt = facts.attempt ?? 1
    const owner = { tenantId: key.tenantId, keyId: key.keyId }
    const amounts = { promptTokens, tokensWanted, tokensNeeded }
    const askedMs = this.options.now()
    const admission = await this.ask(
      { requestId, attempt, gatewayId, ...owner, model, startedAt, ...amounts },
      key.bounds,
    )
    if (!admission) return null
    this.plenty.learn(key.keyId, admission, demand)
    onAdmission(admission)
    if (admission.denial) this.metrics.denied.inc({ limit: admission.denial })
    const denied = deniedError(admission)
    if (denied) throw denied
    if (admission.accounts.length === 0) return null
    const hold = new Hold(
      { requestId, attempt, sliceTokens, admission, askedMs },
      { store: this.store, ...this.options },
    )
    this.holds.add(hold)
    return hold
  }

  private async ask(request: AdmissionRequest, bounds: 'rates' | 'spend'): Promise<Admission | null> {
    const { databaseMsMax, leaseMs } = this.options
    try {
      return await within(databaseMsMax, this.store.admit(request, leaseMs))
    } catch (cause) {
      this.plenty.forget(request.keyId)
      if (bounds === 'spend') {
        throw new ApiError('budget_unavailable', { values: {}, internal: 'the ledger did not answer', cause })
      }
      this.logger.warn({ err: cause, requestId: request.requestId }, 'limits not checked')
      return null
    }
  }

  /** Reservations of requests that have ended are renewed too, until their bill has taken them away. */
  private async renew(): Promise<void> {
    if (this.renewing || this.holds.size === 0) return
    this.renewing = true
    const { gatewayId, leaseMs, now } = this.options
    const asked = [...this.holds]
    const askedMs = now()
    try {
      const used = asked.map(({ request: { requestId, attempt }, used }) => ({ requestId, attempt, tokens: used() }))
      const held = new Set((await this.store.renew(gatewayId, used, leaseMs)).map(idOf))
      for (const hold of asked) {
        if (held.has(idOf(hold.request))) hold.renewed(askedMs)
        else if (hold.endedMs !== null) this.holds.delete(hold)
        else hold.lost()
        // A bill that the database refuses never comes.
        if (hold.endedMs !== null && askedMs - hold.endedMs > SETTLED_WITHIN_MS) this.holds.delete(hold)
      }
    } catch (err) {
      this.failedMs = now()
      this.logger.warn({ err, requests: asked.length }, 'reservations not renewed')
    } finally {
      this.renewing = false
    }
  }

  /** Not soon after the database was away: those that it kept from renewing come first. */
  private async release(): Promise<void> {
    const { now, leaseMs } = this.options
    if (now() - this.failedMs < leaseMs) return
    try {
      const requests = await this.store.release()
      if (requests > 0) this.logger.warn({ requests }, 'released what a lost gateway had reserved')
    } catch (err) {
      this.failedMs = now()
      this.logger.warn({ err }, 'reservations of lost gateways not released')
    }
  }
}

const idOf = ({ requestId, attempt }: { requestId: string; attempt: number }) => `${requestId}.${attempt}`
