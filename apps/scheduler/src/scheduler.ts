import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { type Database, holdLease, releaseLease } from '@foretoken/db'
import type { Rules, SchedulerState } from '@foretoken/policy'
import type { ObjectStore } from '@foretoken/storage'
import type { Logger } from '@foretoken/telemetry'
import { playRound, type RoundContext } from './round.ts'
import { History, spentSince } from './state/history.ts'
import { Population } from './state/population.ts'
import type { SweepRules } from './sweep/decide.ts'
import { collectOrphans } from './sweep/orphans.ts'

export interface SchedulerParts {
  readonly db: Database
  readonly store: ObjectStore
  readonly logger: Logger
  /** This process, as the register names it. */
  readonly id: string
  readonly rules: Rules
  readonly sweepRules: SweepRules
  readonly roundMs: number
  readonly wakeTrainers: () => Promise<void>
  readonly clock?: () => number
}

/** Where the last round's state lies, for `foretoken scheduler what-if`. */
export const STATE_KEY = 'scheduler/state.json.gz'

const DAY_MS = 24 * 3_600_000
/** A new leader reads so many days again. */
const HISTORY_DAYS = 7
const LEASE = 'scheduler'
const COLLECT_MS = 3_600_000

/**
 * Plays a round every so often while it leads. Who does not lead tries to; who can't renew its lead in time has lost it,
 * and the next one reads the same facts. What two could do at once, for a moment, is harmless: a run is ordered once per
 * tenant, a rollback done once.
 */
export class Scheduler {
  private readonly stopping = new AbortController()
  private running: Promise<void> | null = null
  private collectedMs = Number.NEGATIVE_INFINITY
  private mind: { history: History; context: RoundContext } | null = null

  constructor(private readonly parts: SchedulerParts) {}

  start(): void {
    this.running ??= this.run()
  }

  /** Resolves when the round under way has ended and the lead is given up. */
  async stop(): Promise<void> {
    this.stopping.abort()
    await this.running
    const { db, id } = this.parts
    await releaseLease(db, { name: LEASE, holder: id }).catch(() => undefined)
  }

  private async run(): Promise<void> {
    const { roundMs, logger } = this.parts
    while (!this.stopping.signal.aborted) {
      try {
        if (await this.leads()) await this.round()
      } catch (err) {
        // What was read may be half of it: the next round begins with the days again.
        this.mind = null
        logger.warn({ err }, 'a round of the scheduler failed')
      }
      await sleep(roundMs, undefined, { signal: this.stopping.signal }).catch(() => undefined)
    }
  }

  private async leads(): Promise<boolean> {
    const { db, id, roundMs, logger } = this.parts
    const leaseMs = Math.max(10_000, 3 * roundMs)
    const epoch = await holdLease(db, { name: LEASE, holder: id, leaseMs })
    if (epoch === null) this.mind = null
    else if (!this.mind) logger.info({ epoch }, 'leads')
    return epoch !== null
  }

  private async round(): Promise<void> {
    const { rules, logger } = this.parts
    const nowMs = this.now()
    const startedMs = performance.now()
    this.mind ??= await this.remember(nowMs)
    const { history, context } = this.mind
    const { facts, removed } = await history.facts(nowMs)
    context.population.observe(facts, nowMs)
    const state = context.population.state(facts, await this.budget(nowMs), nowMs)
    const result = await playRound(context, state, nowMs)
    await this.keep(state, nowMs)
    await this.collect(nowMs)
    const ms = Math.round(performance.now() - startedMs)
    const isNews = removed + result.trained + result.rolledBack > 0
    logger[isNews ? 'info' : 'debug']({ ...result, removed, tenants: state.tenants.length, ms }, 'round played')
    if (rules.training.roundMs < ms) logger.warn({ ms }, 'a round took longer than there is between two')
  }

  /** The last days, one after the other, as the rounds of then would have seen them. */
  private async remember(nowMs: number) {
    const { db, store, rules, sweepRules, wakeTrainers } = this.parts
    const sinceMs = nowMs - HISTORY_DAYS * DAY_MS
    const history = new History(db, store, sweepRules, sinceMs)
    const population = new Population(rules)
    for (let day = 1; day < HISTORY_DAYS; day++) {
      const untilMs = sinceMs + day * DAY_MS
      population.observe(await history.news(untilMs), untilMs)
    }
    return { history, context: { db, rules, population, wakeTrainers, said: new Map<string, string>() } }
  }

  private async budget(nowMs: number): Promise<SchedulerState['budget']> {
    const { db, rules } = this.parts
    const { periodMs, costMsFixed, costMsPerToken } = rules.training
    const periodStartMs = Math.floor(nowMs / periodMs) * periodMs
    const spentMs = await spentSince(db, periodStartMs, (tokens) => costMsFixed + costMsPerToken * tokens)
    return { periodStartMs, spentMs }
  }

  /** For who asks what would have been. */
  private async keep(state: SchedulerState, nowMs: number): Promise<void> {
    const { store, rules } = this.parts
    const text = JSON.stringify({ version: 1, nowMs, rules, state })
    await store.put(STATE_KEY, gzipSync(text, { level: 1 }))
  }

  /** Now and then: what no row names costs room, nothing else. */
  private async collect(nowMs: number): Promise<void> {
    if (nowMs - this.collectedMs < COLLECT_MS) return
    this.collectedMs = nowMs
    const { db, store, logger } = this.parts
    try {
      const orphans = await collectOrphans(db, store, nowMs)
      if (orphans > 0) logger.info({ orphans }, 'adapters that belonged to nobody were deleted')
    } catch (err) {
      logger.warn({ err }, 'adapters that belong to nobody could not be collected')
    }
  }

  private now(): number {
    return (this.parts.clock ?? Date.now)()
  }
}
