import type { LiveVersion, ServedTarget, StepsOfArm, Tenant, Traffic } from '@foretoken/db'
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
import type { Stock } from '../sweep/decide.ts'
import { noRate, observe, perDay, type Rate } from './rate.ts'
import { subjectOf } from './subject.ts'
import type { TrialFacts } from './trials.ts'

/** What is read anew for each round; what is counted on is what the population adds up itself. Maps are by subject. */
export interface Facts {
  readonly tenants: readonly Tenant[]
  /** That are being served. */
  readonly targets: readonly ServedTarget[]
  readonly stocks: ReadonlyMap<string, Stock>
  readonly runs: ReadonlyMap<string, RunFacts>
  readonly live: ReadonlyMap<string, LiveVersion>
  readonly trials: ReadonlyMap<string, TrialFacts>
  /** Whose draft of earlier weights is to be judged on these. */
  readonly rollouts: ReadonlySet<string>
  /** Since the last facts, which were of then. */
  readonly sinceMs: number
  readonly traffic: readonly Traffic[]
  readonly steps: readonly StepsOfArm[]
  /** What a run of the target takes, by the name of the model. */
  readonly targetStepMs: ReadonlyMap<string, number>
}

export interface RunFacts {
  readonly open: boolean
  readonly lastMs: number | null
  readonly outcomes: readonly Outcome[]
}

/** What a tenant asks of a model, whatever its weights are: they change, and its users ask on. */
interface Demand {
  requests: Rate
  tokens: Rate
  steps: Rate
  requestsSeen: number
}

/** How drafts do for a tenant on one target. */
interface Drafting {
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
/** Where no worker says how long a run of its target takes. */
const TARGET_STEP_MS = 5

/**
 * Everything the scheduler knows of all tenants, from facts that come round by round. It is a sum of the past, so a new
 * leader makes the same one by reading the same days again.
 */
export class Population {
  /** By tenant and model. */
  private readonly demands = new Map<string, Demand>()
  /** By subject. */
  private readonly draftings = new Map<string, Drafting>()

  constructor(private readonly rules: Rules) {}

  observe(facts: Pick<Facts, 'sinceMs' | 'traffic' | 'steps'>, nowMs: number): void {
    const used = new Map(facts.traffic.map((traffic) => [demandKey(traffic.tenantId, traffic.model), traffic]))
    for (const key of used.keys()) this.demandOf(key, facts.sinceMs)
    for (const [key, each] of this.demands) {
      const { requests = 0, tokens = 0, steps = 0 } = used.get(key) ?? {}
      each.requests = observe(each.requests, requests, nowMs)
      each.tokens = observe(each.tokens, tokens, nowMs)
      each.steps = observe(each.steps, steps, nowMs)
      each.requestsSeen += requests
    }
    for (const step of facts.steps) {
      if (step.targetId !== null) this.observeArm(this.draftingOf(subjectOf(step.tenantId, step.targetId)), step)
    }
  }

  /** The subject's traffic has changed: what runs found before is forgotten. */
  markDrift(subject: string, nowMs: number): void {
    const each = this.draftingOf(subject)
    each.driftedMs = nowMs
    each.cusum = 0
  }

  /** Every tenant on every target that is served. */
  state(facts: Facts, budget: SchedulerState['budget'], nowMs: number): SchedulerState {
    const active = facts.tenants.filter(({ status }) => status === 'active')
    const tenants = active.flatMap((tenant) =>
      facts.targets.map((target) => this.subjectState(tenant, target, facts, nowMs)),
    )
    return { tenants, budget }
  }

  private observeArm(each: Drafting, { arm, steps, committed }: StepsOfArm): void {
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

  private subjectState(tenant: Tenant, target: ServedTarget, facts: Facts, nowMs: number): TenantState {
    const subject = subjectOf(tenant.id, target.id)
    const demand = this.demandOf(demandKey(tenant.id, target.name), nowMs)
    const drafting = this.draftingOf(subject)
    const stock = facts.stocks.get(subject) ?? { tokens: 0, newTokens: 0, unjudgedTokens: 0 }
    const runs = facts.runs.get(subject) ?? { open: false, lastMs: null, outcomes: [] }
    const state: TenantState = {
      tenant: subject,
      plan: tenant.plan,
      learning: tenant.learning,
      control: tenant.held ? 'held' : facts.rollouts.has(subject) ? 'rollout' : 'auto',
      requestsPerDay: perDay(demand.requests),
      tokensPerDay: perDay(demand.tokens),
      targetMsPerDay: perDay(demand.steps) * (facts.targetStepMs.get(target.name) ?? TARGET_STEP_MS),
      tokensNew: stock.newTokens,
      tokensUsable: stock.tokens,
      requestsUsable: demand.requestsSeen,
      enoughSinceMs: drafting.enoughSinceMs,
      static: drafting.static,
      adaptive: drafting.adaptive,
      cusum: drafting.cusum,
      // The engine's own controller picks between the two at each step.
      arm: 'adaptive',
      outcomes: runs.outcomes.filter(({ atMs }) => atMs > drafting.driftedMs),
      lastTrainedMs: runs.lastMs,
      runOpen: runs.open,
      live: liveDraft(facts.live.get(subject)),
      trial: facts.trials.get(subject)?.trial ?? null,
    }
    const isEnough = hasEnough(state, this.rules.training)
    drafting.enoughSinceMs = isEnough ? (drafting.enoughSinceMs ?? nowMs) : null
    return { ...state, enoughSinceMs: drafting.enoughSinceMs }
  }

  private demandOf(key: string, nowMs: number): Demand {
    const known = this.demands.get(key)
    if (known) return known
    const rate = noRate(nowMs)
    const fresh: Demand = { requests: rate, tokens: rate, steps: rate, requestsSeen: 0 }
    this.demands.set(key, fresh)
    return fresh
  }

  private draftingOf(subject: string): Drafting {
    const known = this.draftings.get(subject)
    if (known) return known
    const fresh: Drafting = { static: NO_STEPS, adaptive: NO_STEPS, cusum: 0, driftedMs: 0, enoughSinceMs: null }
    this.draftings.set(subject, fresh)
    return fresh
  }
}

const demandKey = (tenantId: string, model: string) => `${tenantId} ${model}`

function liveDraft(live: LiveVersion | undefined): LiveDraft | null {
  if (!live) return null
  const { version, since, previousStored } = live
  const sizes = { bytes: ADAPTER_BYTES, cheapBytes: CHEAP_BYTES }
  return { version, sinceMs: since.getTime(), ...sizes, place: 'hot', previousStored }
}
