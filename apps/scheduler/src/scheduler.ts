import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { type CloseRules, closeAndExport } from '@foretoken/billing'
import {
  condenseAcceptance,
  type Database,
  holdLease,
  releaseLease,
  retireDraftsAway,
  TARGET_AWAY_MS,
  type Tenant,
} from '@foretoken/db'
import { deleteAdapter } from '@foretoken/learning'
import type { Rules, SchedulerState } from '@foretoken/policy'
import type { ObjectStore } from '@foretoken/storage'
import { type Logger, Outage } from '@foretoken/telemetry'
import { orderDueJudgements, playRound, type RoundContext } from './round.ts'
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
  readonly closeRules: CloseRules
  readonly roundMs: number
  readonly wakeTrainers: () => Promise<void>
  readonly clock?: () => number
}

/** Where the last round's state lies, for `foretoken scheduler what-if`. */
export const STATE_KEY = 'scheduler/state.json.gz'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** Acceptance of so many days is kept by five minutes, older by hours. */
const FINE_DAYS = 8
/** A new leader reads so many days again. */
const HISTORY_DAYS = 7
const LEASE = 'scheduler'

/**
 * Plays a round every so often while it leads. Who does not lead tries to; who can't renew its lead in time has lost it,
 * and the next one reads the same facts. What two could do at once, for a moment, is harmless: a run is ordered once per
 * tenant and target, a rollback done once, and a draft on trial leaves each stage once.
 */
export class Scheduler {
  private readonly stopping = new AbortController()
  private running: Promise<void> | null = null
  private tidiedMs = 0
  private readonly failing: Outage
  private readonly forgetful: Outage
  private mind: { history: History; context: RoundContext } | null = null

  constructor(private readonly parts: SchedulerParts) {
    const { logger } = parts
    this.failing = new Outage(logger, { begins: 'a round of the scheduler failed', ends: 'rounds are played again' })
    this.forgetful = new Outage(logger, { begins: 'a round is not kept', ends: 'rounds are kept again' })
  }

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
    const { roundMs } = this.parts
    while (!this.stopping.signal.aborted) {
      try {
        if (await this.leads()) await this.round()
        this.failing.worked()
      } catch (err) {
        // What was read may be half of it: the next round begins with the days again.
        this.mind = null
        this.failing.failed(err)
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
    const result = await playRound(context, facts.trials, state, nowMs)
    const judgements = await orderDueJudgements(context, facts, state)
    await this.keep(state, nowMs)
    if (nowMs - this.tidiedMs >= HOUR_MS || this.someForgottenSince(facts.tenants)) await this.tidy(nowMs)
    const ms = Math.round(performance.now() - startedMs)
    const isNews = removed + result.trained + result.rolledBack + result.tried > 0
    logger[isNews ? 'info' : 'debug'](
      { ...result, judgements, removed, tenants: state.tenants.length, ms },
      'round played',
    )
    if (rules.training.roundMs < ms) logger.warn({ ms }, 'a round took longer than there is between two')
  }

  /** The last days, one after the other, as the rounds of then would have seen them. */
  private async remember(nowMs: number) {
    const { db, store, rules, sweepRules, wakeTrainers } = this.parts
    const sinceMs = nowMs - HISTORY_DAYS * DAY_MS
    const history = new History(db, store, { sweep: sweepRules, promotion: rules.promotion }, sinceMs)
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
    const text = JSON.stringify({ version: 2, nowMs, rules, state })
    try {
      await store.put(STATE_KEY, gzipSync(text, { level: 1 }))
      this.forgetful.worked()
    } catch (err) {
      // What was decided is done, and what was read is whole.
      this.forgetful.failed(err)
    }
  }

  /** What no row names costs room, and so do five minutes of long ago; neither is worth a round. */
  private async tidy(nowMs: number): Promise<void> {
    this.tidiedMs = nowMs
    const { db, store, logger } = this.parts
    try {
      const away = await retireDraftsAway(db, TARGET_AWAY_MS)
      for (const key of away) await deleteAdapter(store, key)
      const orphans = await collectOrphans(db, store, nowMs)
      const condensed = await condenseAcceptance(db, new Date(nowMs - FINE_DAYS * DAY_MS))
      const done = { away: away.length, orphans, condensed }
      if (done.away + orphans + condensed > 0) logger.info(done, 'tidied up')
    } catch (err) {
      logger.warn({ err }, 'not tidied up')
    }
    try {
      const { closed, exported } = await closeAndExport(db, store, this.parts.closeRules, new Date(nowMs))
      if (closed.length + exported.length > 0) logger.info({ closed, exported }, 'billing periods')
    } catch (err) {
      logger.warn({ err }, 'billing periods not exported')
    }
  }

  /** Whose files are to go at once; the database's clock may be a little behind. */
  private someForgottenSince(tenants: readonly Pick<Tenant, 'forgottenAt'>[]): boolean {
    const sinceMs = this.tidiedMs - this.parts.sweepRules.forgetMarginMs
    return tenants.some(({ forgottenAt }) => (forgottenAt?.getTime() ?? 0) > sinceMs)
  }

  private now(): number {
    return (this.parts.clock ?? Date.now)()
  }
}
