import type { LiveVersion, StepsOfArm, Tenant, Traffic } from '@foretoken/db'
import {
  hasEnough,
  type LiveDraft,
  type MovingAverages,
  NO_STEPS,
  type Outcome,
  observeDrift,
  observeSteps,
  type Rules,
  type SchedulerState,
  type TenantState,
} from '@foretoken/policy'
import type { Stock } from '../sweep/sweep.ts'
import { noRate, observe, perDay, type Rate } from './rate.ts'
import type { TrialFacts } from './trials.ts'

/** What is read anew for each round; what is counted on is what the population adds up itself. */
export interface Facts {
  readonly tenants: readonly Tenant[]
  readonly stocks: ReadonlyMap<string, Stock>
  readonly runs: ReadonlyMap<string, RunFacts>
  readonly live: ReadonlyMap<string, LiveVersion>
  readonly trials: ReadonlyMap<string, TrialFacts>
  /** Since the last facts, which were of then. */
  readonly sinceMs: number
  readonly traffic: readonly Traffic[]
  readonly steps: readonly StepsOfArm[]
  readonly targetStepMs: number
}

export interface RunFacts {
  readonly open: boolean
  readonly lastMs: number | null
  readonly outcomes: readonly Outcome[]
}

/** What is remembered of a tenant between two rounds. */
interface Watched {
  requests: Rate
  tokens: Rate
  steps: Rate
  requestsSeen: number
  static: MovingAverages
  adaptive: MovingAverages
  cusum: number
  /** Outcomes of before are of other traffic. */
  driftedMs: number
  enoughSinceMs: number | null
}

/** Files of an adapter, and of what is kept of it longest, in bytes. */
const ADAPTER_BYTES = 600_000
const CHEAP_BYTES = 20_000

/**
 * Everything the scheduler knows of all tenants, from facts that come round by round. It is a sum of the past, so a new
 * leader makes the same one by reading the same days again.
 */
export class Population {
  private readonly watched = new Map<string, Watched>()

  constructor(private readonly rules: Rules) {}

  observe(facts: Pick<Facts, 'sinceMs' | 'traffic' | 'steps'>, nowMs: number): void {
    const used = new Map(facts.traffic.map((traffic) => [traffic.tenantId, traffic]))
    for (const id of used.keys()) this.of(id, facts.sinceMs)
    for (const [id, each] of this.watched) {
      const { requests = 0, tokens = 0, steps = 0 } = used.get(id) ?? {}
      each.requests = observe(each.requests, requests, nowMs)
      each.tokens = observe(each.tokens, tokens, nowMs)
      each.steps = observe(each.steps, steps, nowMs)
      each.requestsSeen += requests
    }
    for (const step of facts.steps) this.observeArm(this.of(step.tenantId, nowMs), step)
  }

  /** The tenant's traffic has changed: what runs found before is forgotten. */
  markDrift(tenant: string, nowMs: number): void {
    const each = this.of(tenant, nowMs)
    each.driftedMs = nowMs
    each.cusum = 0
  }

  state(facts: Facts, budget: SchedulerState['budget'], nowMs: number): SchedulerState {
    const tenants = facts.tenants
      .filter(({ status }) => status === 'active')
      .map((tenant) => this.tenantState(tenant, facts, nowMs))
    return { tenants, budget }
  }

  private observeArm(each: Watched, { arm, steps, committed }: StepsOfArm): void {
    if (steps === 0) return
    const step = { mean: committed / steps, count: steps }
    if (arm === 'static') {
      each.static = observeSteps(each.static, step, this.rules.drift)
      return
    }
    const { count, slow } = each.adaptive
    if (count >= this.rules.drift.stepsMin) each.cusum = observeDrift(each.cusum, slow, step, this.rules.drift)
    each.adaptive = observeSteps(each.adaptive, step, this.rules.drift)
  }

  private tenantState(tenant: Tenant, facts: Facts, nowMs: number): TenantState {
    const each = this.of(tenant.id, nowMs)
    const stock = facts.stocks.get(tenant.id) ?? { tokens: 0, newTokens: 0, unjudgedTokens: 0 }
    const runs = facts.runs.get(tenant.id) ?? { open: false, lastMs: null, outcomes: [] }
    const state: TenantState = {
      tenant: tenant.id,
      plan: tenant.plan,
      learning: tenant.learning,
      control: tenant.held ? 'held' : 'auto',
      requestsPerDay: perDay(each.requests),
      tokensPerDay: perDay(each.tokens),
      targetMsPerDay: perDay(each.steps) * facts.targetStepMs,
      tokensNew: stock.newTokens,
      tokensUsable: stock.tokens,
      requestsUsable: each.requestsSeen,
      enoughSinceMs: each.enoughSinceMs,
      static: each.static,
      adaptive: each.adaptive,
      cusum: each.cusum,
      // The engine's own controller picks between the two at each step.
      arm: 'adaptive',
      outcomes: runs.outcomes.filter(({ atMs }) => atMs > each.driftedMs),
      lastTrainedMs: runs.lastMs,
      runOpen: runs.open,
      live: liveDraft(facts.live.get(tenant.id)),
      trial: facts.trials.get(tenant.id)?.trial ?? null,
    }
    const isEnough = hasEnough(state, this.rules.training)
    each.enoughSinceMs = isEnough ? (each.enoughSinceMs ?? nowMs) : null
    return { ...state, enoughSinceMs: each.enoughSinceMs }
  }

  private of(tenant: string, nowMs: number): Watched {
    const known = this.watched.get(tenant)
    if (known) return known
    const rate = noRate(nowMs)
    const fresh: Watched = {
      ...{ requests: rate, tokens: rate, steps: rate, requestsSeen: 0 },
      ...{ static: NO_STEPS, adaptive: NO_STEPS, cusum: 0, driftedMs: 0, enoughSinceMs: null },
    }
    this.watched.set(tenant, fresh)
    return fresh
  }
}

function liveDraft(live: LiveVersion | undefined): LiveDraft | null {
  if (!live) return null
  const { version, since, previousStored } = live
  const sizes = { bytes: ADAPTER_BYTES, cheapBytes: CHEAP_BYTES }
  return { version, sinceMs: since.getTime(), ...sizes, place: 'hot', previousStored }
}
