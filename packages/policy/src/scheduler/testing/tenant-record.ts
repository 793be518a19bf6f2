import type { Decision } from '../decision.ts'
import { NO_STEPS, observeDrift, observeSteps, type StepMean } from '../drift/averages.ts'
import { nextStage } from '../promotion/stages.ts'
import type { Rules } from '../rules.ts'
import type { LiveDraft, MovingAverages, Outcome, Place, TenantState, Trial } from '../state.ts'
import { hasEnough } from '../training/due.ts'

const TRAFFIC_HALF_LIFE_DAYS = 3
const OUTCOMES_KEPT = 4

/** What one stretch of time brought. */
export interface Traffic {
  readonly requests: number
  readonly tokens: number
  readonly targetMs: number
}

/** A tenant as a scheduler's shell keeps it: fed with what happens, changed by what is decided. For simulations. */
export class TenantRecord implements TenantState {
  learning = true
  control: TenantState['control'] = 'auto'
  requestsPerDay = 0
  tokensPerDay = 0
  targetMsPerDay = 0
  tokensNew = 0
  tokensUsable = 0
  requestsUsable = 0
  enoughSinceMs: number | null = null
  static: MovingAverages = NO_STEPS
  adaptive: MovingAverages = NO_STEPS
  cusum = 0
  arm: TenantState['arm'] = 'static'
  outcomes: readonly Outcome[] = []
  lastTrainedMs: number | null = null
  runOpen = false
  live: (LiveDraft & { place: Place }) | null = null
  trial: Trial | null = null
  versions = 0
  private observedDays = 0

  constructor(
    readonly tenant: string,
    readonly plan = 'standard',
  ) {}

  /** Averages start as plain means, so that a newcomer's are not low because it is new. */
  observeTraffic({ requests, tokens, targetMs }: Traffic, days: number, nowMs: number, rules: Rules): void {
    this.observedDays += days
    const part = Math.max(1 - 2 ** (-days / TRAFFIC_HALF_LIFE_DAYS), days / this.observedDays)
    this.requestsPerDay += part * (requests / days - this.requestsPerDay)
    this.tokensPerDay += part * (tokens / days - this.tokensPerDay)
    this.targetMsPerDay += part * (targetMs / days - this.targetMsPerDay)
    if (this.learning) {
      this.tokensNew += tokens
      this.tokensUsable += tokens
      this.requestsUsable += requests
    }
    if (!hasEnough(this, rules.training)) this.enoughSinceMs = null
    else this.enoughSinceMs ??= nowMs
  }

  observeArm(arm: 'static' | 'adaptive', steps: StepMean, rules: Rules): void {
    if (arm === 'adaptive' && this.adaptive.count > rules.drift.stepsMin) {
      this.cusum = observeDrift(this.cusum, this.adaptive.slow, steps, rules.drift)
    }
    this[arm] = observeSteps(this[arm], steps, rules.drift)
  }

  beginRun(nowMs: number): void {
    this.runOpen = true
    this.tokensNew = 0
    this.enoughSinceMs = null
    this.lastTrainedMs = nowMs
    if (this.control === 'ordered') this.control = 'auto'
  }

  endRun(outcome: Outcome): void {
    this.runOpen = false
    this.outcomes = [...this.outcomes.slice(1 - OUTCOMES_KEPT), outcome]
    if (outcome.promoted)
      this.trial = { version: ++this.versions, stage: 'shadow', sinceMs: outcome.atMs, requests: 0, over: {} }
  }

  goLive(version: number, nowMs: number, bytes: number): void {
    const previousStored = this.live !== null
    this.live = { version, sinceMs: nowMs, bytes, cheapBytes: CHEAP_BYTES, place: 'store', previousStored }
    this.adaptive = NO_STEPS
    this.cusum = 0
    this.arm = 'adaptive'
    this.trial = null
  }

  /** Takes a decision as done. Says what it did to the draft that serves, if anything. */
  apply(decision: Decision, nowMs: number, bytes = ADAPTER_BYTES): 'live' | 'gone' | undefined {
    switch (decision.kind) {
      case 'train':
        this.beginRun(nowMs)
        return
      case 'promote':
        return this.advance(nowMs, bytes)
      case 'reject':
        this.regret()
        return
      case 'rollback':
        this.live = null
        this.markDrift()
        return 'gone'
      case 'route-static':
        this.arm = 'static'
        this.markDrift()
        return
      case 'route-adaptive':
        this.arm = 'adaptive'
        this.cusum = 0
        return
      case 'mark-drift':
        this.markDrift()
        return
      default:
        this.move(PLACE_OF[decision.kind])
    }
  }

  /** What was learned from traffic that is no more says little of what comes. */
  markDrift(): void {
    this.outcomes = []
    this.tokensNew = 0
    this.tokensUsable = 0
    this.requestsUsable = 0
    this.cusum = 0
    this.adaptive = { ...this.adaptive, slow: this.adaptive.fast }
  }

  private advance(nowMs: number, bytes: number): 'live' | undefined {
    const { trial } = this
    if (!trial) return
    if (nextStage(trial) === 'live') {
      this.goLive(trial.version, nowMs, bytes)
      return 'live'
    }
    this.trial = { ...trial, stage: 'canary', sinceMs: nowMs, requests: 0, over: {} }
  }

  /** What a trial refused was no success, whatever its replay said. */
  private regret(): void {
    const gains = Object.values(this.trial?.over ?? {}).map(({ gain }) => gain - 1)
    const last = this.outcomes.at(-1)
    if (last) {
      const gain = Math.min(last.gain, ...gains)
      this.outcomes = [...this.outcomes.slice(0, -1), { ...last, gain, promoted: false }]
    }
    this.trial = null
  }

  private move(place: Place | undefined): void {
    if (place && this.live) this.live = { ...this.live, place }
  }
}

export const ADAPTER_BYTES = 612_000
export const CHEAP_BYTES = 8_000

const PLACE_OF: Partial<Record<Decision['kind'], Place>> = {
  'keep-hot': 'hot',
  'keep-on-disk': 'disk',
  'keep-in-store': 'store',
  'keep-cheap-parts': 'cheap-parts',
  drop: 'nowhere',
}
