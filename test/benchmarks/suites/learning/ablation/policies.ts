import {
  AcceptanceForecast,
  Accounts,
  ConfidenceCalibration,
  type CostTable,
  drawAt,
  planDrafts,
  planStep,
  type StepPlan,
} from '@foretoken/drafting'
import { DRAFT_ARM, type Policy, type StepOutcome, stepMs } from './simulate.ts'

export const LOOKAHEAD_MAX = 16

export function fixed(lookahead: number): Policy {
  return { ask: () => lookahead, verify: (confidence) => confidence.length, hear: () => {} }
}

/**
 * What most servers do that adapt at all: one moving average of the acceptance rate α, and the lookahead that is best
 * if every token were accepted with α (Leviathan et al. 2023, theorem 3.8, with measured costs). Never less than 1,
 * or the average would stop moving.
 */
export class MovingAverage implements Policy {
  private rate = 0.7

  constructor(private readonly costs: CostTable) {}

  ask(): number {
    let best = { lookahead: 1, goodput: 0 }
    for (let lookahead = 1; lookahead <= LOOKAHEAD_MAX; lookahead++) {
      const tokens = (1 - this.rate ** (lookahead + 1)) / (1 - this.rate)
      const goodput = tokens / stepMs(this.costs, lookahead)
      if (goodput > best.goodput) best = { lookahead, goodput }
    }
    return best.lookahead
  }

  verify(confidence: readonly number[]): number {
    return confidence.length
  }

  hear({ judged, agreed }: StepOutcome): void {
    for (let at = 0; at < judged; at++) this.rate += AVERAGE_RATE * ((at < agreed ? 1 : 0) - this.rate)
    this.rate = Math.min(0.99, this.rate)
  }
}

const AVERAGE_RATE = 0.05

/** The controller that serves, with its calibration, its accounts and its exploration. */
export class Controller implements Policy {
  private readonly calibration = new ConfidenceCalibration()
  private readonly forecast: AcceptanceForecast
  private readonly accounts = new Accounts()
  private plan: StepPlan | undefined
  private step = 0

  /** @param acceptance by position, what the draft's card promises */
  constructor(
    private readonly costs: CostTable,
    acceptance: readonly number[],
  ) {
    this.forecast = new AcceptanceForecast(acceptance)
  }

  ask(): number {
    const survival = this.forecast.survival(LOOKAHEAD_MAX)
    const { requests, plan } = planDrafts(this.input({ arm: DRAFT_ARM, survival, drafted: false }, 0))
    this.plan = plan
    return requests[0]?.lookahead ?? 0
  }

  verify(confidence: readonly number[], draftMs: number): number {
    let alive = 1
    const survival = confidence.map((each, position) => {
      alive *= this.calibration.probability(position, each)
      return alive
    })
    const tokens = confidence.map((_, position) => position)
    this.plan = planStep(this.input({ arm: DRAFT_ARM, survival, tokens, drafted: true }, draftMs))
    return this.plan.lookahead
  }

  hear({ confidence, judged, agreed, committed, draftMs }: StepOutcome): void {
    this.step++
    if (this.plan) this.accounts.settle(this.plan, [TENANT], [committed], { draftMs })
    for (let at = 0; at < judged; at++) {
      this.calibration.observe(at, confidence[at] ?? 0, at < agreed)
      this.forecast.observe(at, at < agreed)
    }
  }

  private input(option: Parameters<typeof planStep>[0]['sequences'][number]['options'][number], spentMs: number) {
    const creditMs = this.accounts.creditMs(TENANT, this.costs.targetMs(1, 1)) - spentMs
    const sequences = [{ tenant: TENANT, options: [option], creditMs }]
    return { sequences, costs: this.costs, lookaheadMax: LOOKAHEAD_MAX, draw: drawAt(0, this.step) }
  }
}

const TENANT = 'simulated'
