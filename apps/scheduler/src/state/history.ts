import { processDetails } from '@foretoken/cluster'
import {
  cancelRunsAway,
  type Database,
  findTargets,
  listProcesses,
  listTenants,
  liveVersions,
  rolloutsDue,
  runsSince,
  stepsBetween,
  TARGET_AWAY_MS,
  tracesSeen,
  trafficBetween,
} from '@foretoken/db'
import type { Outcome, PromotionRules } from '@foretoken/policy'
import type { ObjectStore } from '@foretoken/storage'
import type { SweepRules } from '../sweep/decide.ts'
import { sweep } from '../sweep/sweep.ts'
import type { Facts, RunFacts } from './population.ts'
import { subjectOf } from './subject.ts'
import { Trials } from './trials.ts'

const DAY_MS = 24 * 3_600_000
/** Acceptance is counted in buckets of five minutes; one that may still grow is left for later. */
const BUCKET_MS = 300_000
const OUTCOMES_DAYS = 60
/** Processes say so often that they serve a target, and a restart takes its time. */
const SERVED_WITHIN_MS = 180_000

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
    await cancelRunsAway(db, SERVED_WITHIN_MS)
    const [tenants, lately, targets, rollouts, seen, runs, live, processes, news] = await Promise.all([
      listTenants(db),
      findTargets(db, { seenWithinMs: TARGET_AWAY_MS }),
      findTargets(db, { seenWithinMs: SERVED_WITHIN_MS }),
      rolloutsDue(db, SERVED_WITHIN_MS),
      tracesSeen(db),
      runsSince(db, new Date(nowMs - OUTCOMES_DAYS * DAY_MS)),
      liveVersions(db),
      listProcesses(db),
      this.news(nowMs),
    ])
    const liveOf = new Map(live.map((version) => [subjectOf(version.tenantId, version.targetId), version]))
    const trials = await this.trials.read(liveOf)
    const judged = new Map([...trials].map(([subject, { judgedUntil }]) => [subject, judgedUntil]))
    const traces = { tenants, targets, lately, seen, judged, nowMs }
    const { stocks, removed } = await sweep(store, traces, this.rules.sweep)
    const steps = processes.flatMap((process) => {
      const worker = processDetails(process)
      return worker ? [{ model: worker.target.name, ms: worker.targetStepMs }] : []
    })
    return {
      facts: {
        ...{ tenants, targets, stocks, runs: runFacts(runs), trials, ...news },
        rollouts: new Set(rollouts.map(({ tenantId, targetId }) => subjectOf(tenantId, targetId))),
        live: liveOf,
        targetStepMs: meanByModel(steps),
      },
      removed,
    }
  }
}

function meanByModel(steps: readonly { readonly model: string; readonly ms: number }[]): ReadonlyMap<string, number> {
  const mean = (some: typeof steps) => some.reduce((sum, { ms }) => sum + ms, 0) / some.length
  const models = new Set(steps.map(({ model }) => model))
  return new Map([...models].map((model) => [model, mean(steps.filter((each) => each.model === model))]))
}

function runFacts(runs: Awaited<ReturnType<typeof runsSince>>): ReadonlyMap<string, RunFacts> {
  const facts = new Map<string, { open: boolean; lastMs: number | null; outcomes: Outcome[] }>()
  for (const { tenantId, targetId, state, tokens, baseline, candidate, finishedAt, draftState } of runs) {
    const subject = subjectOf(tenantId, targetId ?? '')
    const of = facts.get(subject) ?? { open: false, lastMs: null, outcomes: [] }
    facts.set(subject, of)
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
