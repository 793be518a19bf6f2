import { DEFAULT_RULES, type Rules } from '@foretoken/policy'
import { ADAPTER_BYTES } from '@foretoken/policy/testing'
import { type Random, seeded } from '../random.ts'
import { STALE_GAIN } from './gains.ts'
import { lruTime } from './lru.ts'
import { serve } from './serving.ts'
import type { Moment, Strategy } from './strategies/strategy.ts'
import { Tally } from './tally.ts'
import { SimulatedTenant } from './tenant.ts'
import { beginRun, costOf, endRun, judge } from './training.ts'
import { World, type WorldSettings } from './world.ts'

export interface Scenario {
  readonly world: WorldSettings
  /** Training compute, as a share of the time that the target takes. */
  readonly trainingShare: number
  readonly hotBytesPerWorker: number
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** Between two rounds of decisions. A real platform has one a minute; drafts last for weeks, so little is lost. */
const ROUND_HOURS = 4

export function rulesOf({ world, trainingShare, hotBytesPerWorker }: Scenario, targetMsPerDay: number): Rules {
  return {
    ...DEFAULT_RULES,
    training: {
      ...DEFAULT_RULES.training,
      budgetMs: trainingShare * targetMsPerDay,
      periodMs: DAY_MS,
      roundMs: ROUND_HOURS * HOUR_MS,
      agedRounds: (7 * 24) / ROUND_HOURS,
    },
    memory: { ...DEFAULT_RULES.memory, hotBytesMax: world.workers * hotBytesPerWorker },
  }
}

/** Plays the whole time under one strategy. The world is the same for each; luck at gates is the strategy's own. */
export function simulate(scenario: Scenario, strategy: Strategy): Tally {
  const world = new World(scenario.world)
  const rules = rulesOf(scenario, world.targetMsPerDay)
  const random = seeded(scenario.world.seed + 2)
  const everybody = world.truths.map((truth, index) => new SimulatedTenant(index, truth))
  const tally = new Tally(strategy.name, scenario.world.days)
  let budget = { periodStartMs: 0, spentMs: 0 }
  for (let hour = 0; hour < 24 * scenario.world.days; hour++) {
    const nowMs = hour * HOUR_MS
    if (nowMs % DAY_MS === 0) budget = { periodStartMs: nowMs, spentMs: 0 }
    const tenants = everybody.filter((tenant) => tenant.isPresent(hour))
    const context = { world, rules, strategy, random, tally, hour, nowMs }
    place(tenants, context)
    for (const tenant of tenants) liveHour(tenant, context)
    if (hour % ROUND_HOURS > 0) continue
    const train = (tenant: SimulatedTenant) => {
      const costMs = costOf(tenant, rules)
      if (budget.spentMs + costMs > allowance(nowMs - budget.periodStartMs, rules)) return false
      budget = { ...budget, spentMs: budget.spentMs + costMs }
      tally.trained(hour, costMs)
      beginRun(tenant, hour, nowMs, rules)
      return true
    }
    strategy.decide({ hour, nowMs, world, tenants, rules, budget, train })
    tally.waiting(tenants, nowMs)
  }
  tally.closed(everybody.filter((tenant) => tenant.isPresent(24 * scenario.world.days - 1)))
  return tally
}

/** What of a period's budget may be spent by now: it becomes available evenly, for every strategy alike. */
function allowance(elapsedMs: number, { training }: Rules): number {
  return training.budgetMs * Math.min(1, (elapsedMs + training.roundMs) / training.periodMs) + 1e-6
}

interface HourContext extends Pick<Moment, 'world' | 'rules' | 'hour' | 'nowMs'> {
  readonly strategy: Strategy
  readonly random: Random
  readonly tally: Tally
}

function liveHour(tenant: SimulatedTenant, { world, rules, strategy, random, tally, hour, nowMs }: HourContext): void {
  if (world.drifts(tenant.truth, hour)) {
    tenant.phaseTokens = 0
    tenant.trialGain = STALE_GAIN
    if (tenant.live) tenant.liveGain = STALE_GAIN
  }
  const requests = world.requests(tenant.truth, hour)
  const tokens = requests * tenant.truth.tokensPerRequest
  const { targetMs, savedMs } = serve(tenant, requests, rules, strategy.observes ? random : null)
  tally.served(hour, targetMs, savedMs)
  tally.recorded(requests, tokens)
  tenant.observeTraffic({ requests, tokens, targetMs }, 1 / 24, nowMs, rules)
  if (tenant.run && tenant.run.endsAt <= hour) tally.ended(endRun(tenant, nowMs, strategy.staged, random))
  if (tenant.trial) judge(tenant, requests, rules, random)
}

/** Whose adapter is in memory in this hour. Who lived on a worker that failed finds nothing there. */
function place(tenants: readonly SimulatedTenant[], { world, rules, strategy }: HourContext): void {
  const failed = world.failures()
  const drafts = tenants.filter(({ live }) => live !== null)
  const rates = drafts.map(({ truth }) => truth.requestsPerDay)
  const places = Math.floor(rules.memory.hotBytesMax / ADAPTER_BYTES)
  const stayDays = strategy.memory === 'lru' ? lruTime(rates, places) : 0
  for (const tenant of drafts) {
    const inMemory = strategy.memory === 'placed' ? Number(tenant.live?.place === 'hot') : hotBy(tenant, stayDays)
    tenant.hotShare = failed.has(tenant.truth.worker) ? 0 : inMemory
  }
}

function hotBy({ truth }: SimulatedTenant, stayDays: number): number {
  return stayDays === Number.POSITIVE_INFINITY ? 1 : -Math.expm1(-truth.requestsPerDay * stayDays)
}
