import { processDetails } from '@foretoken/cluster'
import {
  type Database,
  listProcesses,
  listTenants,
  liveVersions,
  runsSince,
  stepsBetween,
  tracesSeen,
  trafficBetween,
} from '@foretoken/db'
import type { Outcome, PromotionRules } from '@foretoken/policy'
import type { ObjectStore } from '@foretoken/storage'
import type { SweepRules } from '../sweep/decide.ts'
import { sweep } from '../sweep/sweep.ts'
import type { Facts, RunFacts } from './population.ts'
import { Trials } from './trials.ts'

const DAY_MS = 24 * 3_600_000
/** Acceptance is counted in buckets of five minutes; one that may still grow is left for later. */
const BUCKET_MS = 300_000
const OUTCOMES_DAYS = 60
/** Where no worker says how long a run of its target takes. */
const TARGET_STEP_MS = 5

/** Reads what is new since it read last. */
export class History {
  private trafficUntilMs: number
  private stepsUntilMs: number
  private readonly trials: Trials

  constructor(
    private readonly db: Database,
    private readonly store: ObjectStore,
    private readonly rules: { readonly sweep: SweepRules; readonly promotion: PromotionRules },
    sinceMs: number,
  ) {
    this.trials = new Trials(db, rules.promotion)
    this.trafficUntilMs = sinceMs
    this.stepsUntilMs = Math.floor(sinceMs / BUCKET_MS) * BUCKET_MS
  }

  /** Traffic and steps until then. */
  async news(untilMs: number): Promise<Pick<Facts, 'sinceMs' | 'traffic' | 'steps'>> {
    const sinceMs = this.trafficUntilMs
    const closedMs = Math.floor((untilMs - BUCKET_MS) / BUCKET_MS) * BUCKET_MS
    const traffic = await trafficBetween(this.db, new Date(this.trafficUntilMs), new Date(untilMs))
    this.trafficUntilMs = untilMs
    if (closedMs <= this.stepsUntilMs) return { sinceMs, traffic, steps: [] }
    const steps = await stepsBetween(this.db, new Date(this.stepsUntilMs), new Date(closedMs))
    this.stepsUntilMs = closedMs
    return { sinceMs, traffic, steps }
  }

  /** What is to be known of this moment; old traces go on the way. */
  async facts(nowMs: number): Promise<{ facts: Facts; removed: number }> {
    const { db, store } = this
    const [tenants, seen, runs, live, processes, news] = await Promise.all([
      listTenants(db),
      tracesSeen(db),
      runsSince(db, new Date(nowMs - OUTCOMES_DAYS * DAY_MS)),
      liveVersions(db),
      listProcesses(db),
      this.news(nowMs),
    ])
    const liveOf = new Map(live.map((version) => [version.tenantId, version]))
    const trials = await this.trials.read(liveOf)
    const { stocks, removed } = await sweep(
      store,
      new Map(tenants.map((each) => [each.id, each])),
      seen,
      new Map([...trials].map(([tenant, { judgedUntil }]) => [tenant, judgedUntil])),
      this.rules.sweep,
    )
    const stepMs = processes.flatMap((process) => processDetails(process)?.targetStepMs ?? [])
    return {
      facts: {
        ...{ tenants, stocks, runs: runFacts(runs), trials, ...news },
        live: liveOf,
        targetStepMs: stepMs.length > 0 ? stepMs.reduce((sum, ms) => sum + ms, 0) / stepMs.length : TARGET_STEP_MS,
      },
      removed,
    }
  }
}

function runFacts(runs: Awaited<ReturnType<typeof runsSince>>): ReadonlyMap<string, RunFacts> {
  const facts = new Map<string, { open: boolean; lastMs: number | null; outcomes: Outcome[] }>()
  for (const { tenantId, state, tokens, baseline, candidate, finishedAt, draftState } of runs) {
    const of = facts.get(tenantId) ?? { open: false, lastMs: null, outcomes: [] }
    facts.set(tenantId, of)
    if (!finishedAt) {
      of.open = true
      continue
    }
    of.lastMs = finishedAt.getTime()
    const [before, after] = [baseline?.tokensPerSecond, candidate?.tokensPerSecond]
    if ((state !== 'promoted' && state !== 'rejected') || !before || !after) continue
    const gain = after / before - 1
    // What serving refused was no success, whatever the run's own replay said.
    const wasRefused = state === 'promoted' && draftState === 'rejected'
    const outcome = wasRefused ? { promoted: false, gain: Math.min(0, gain) } : { promoted: state === 'promoted', gain }
    of.outcomes.push({ atMs: of.lastMs, tokens, ...outcome })
  }
  return facts
}

/** Training compute of the runs that began since then, open ones by what they are expected to take. */
export async function spentSince(db: Database, sinceMs: number, costMs: (tokens: number) => number): Promise<number> {
  const runs = await runsSince(db, new Date(sinceMs))
  return runs.reduce((sum, { startedAt, finishedAt, tokens }) => {
    if (!finishedAt) return sum + costMs(Math.max(tokens, EXPECTED_TOKENS))
    return startedAt ? sum + finishedAt.getTime() - startedAt.getTime() : sum
  }, 0)
}

const EXPECTED_TOKENS = 10_000
