import type { Arm, Branch, Decision, DraftPlan, StepPlan } from '@foretoken/drafting'
import type { Sequence } from '../sequence.ts'
import type { VerifiedBranch, VerifiedStep } from '../statistics.ts'
import type { Offers } from './offers.ts'

export interface DecodeReport {
  readonly plan: StepPlan
  /** One per sequence, in the order of the plan's decisions. */
  readonly results: readonly VerifiedStep[]
  /** Something was drafted to learn, not because it was expected to pay. */
  readonly explored: boolean
  /** What drafting was expected to take, by the cost table; the plan's own figures are without it where it came first. */
  readonly draftExpectedMs: number
  /** The calls of neural drafts, the target run, and the whole step with planning and sampling. */
  readonly draftMs: number
  readonly targetMs: number
  readonly ms: number
  /** The whole step in one record; built only when asked, at once or never: it reads what the step worked on. */
  explain(): StepRecord
}

/** Why a step did what it did, and what came of it. */
export interface StepRecord {
  readonly step: number
  readonly batch: number
  /** Most draft tokens of a sequence. */
  readonly lookahead: number
  readonly explored: boolean
  readonly tokens: { readonly expected: number; readonly actual: number }
  /** `expected` and `plain` are the cost table's, for the target run with its sampling; `actual` is what that took. */
  readonly ms: {
    readonly expected: number
    readonly actual: number
    readonly plain: number
    readonly draft: number
    readonly target: number
  }
  readonly sequences: readonly SequenceRecord[]
}

export interface SequenceRecord {
  readonly tenant: string
  readonly request: string
  readonly choice: number
  /** What there was to choose from: what was proposed, and arms that were or could have been asked. */
  readonly options: readonly OptionRecord[]
  readonly decision: Pick<Decision, 'arm' | 'lookahead' | 'expectedTokens' | 'goodput' | 'plainGoodput'> & {
    readonly branches: readonly Branch[]
    readonly reason: string
  }
  readonly result: { readonly arm: Arm; readonly branches: readonly VerifiedBranch[] } & Pick<
    VerifiedStep,
    'proposed' | 'accepted' | 'committed'
  >
}

export interface OptionRecord {
  readonly arm: Arm
  /** Of a proposal. */
  readonly version?: string | null
  readonly survival?: readonly number[]
  /** What the arm promised before it was asked. */
  readonly forecast?: readonly number[]
  /** How far it was asked to draft. */
  readonly asked?: number
}

export interface StepParts {
  readonly step: number
  readonly batch: readonly Sequence[]
  readonly offers: readonly Offers[]
  readonly drafting: DraftPlan
  readonly plan: StepPlan
  readonly results: readonly VerifiedStep[]
  readonly draftExpectedMs: number
  readonly draftMs: number
  readonly targetMs: number
  readonly ms: number
}

export function reportOf(parts: StepParts): DecodeReport {
  const { plan, results, drafting, draftExpectedMs, draftMs, targetMs, ms } = parts
  const explored = plan.explored || drafting.explored
  return { plan, results, explored, draftExpectedMs, draftMs, targetMs, ms, explain: () => recordOf(parts, explored) }
}

function recordOf(parts: StepParts, explored: boolean): StepRecord {
  const { plan, results, batch, draftMs } = parts
  const committed = results.reduce((sum, result) => sum + result.committed, 0)
  return {
    step: parts.step,
    batch: batch.length,
    lookahead: plan.lookahead,
    explored,
    tokens: { expected: plan.expectedTokens, actual: committed },
    ms: {
      expected: plan.expectedMs,
      actual: parts.ms - draftMs,
      plain: plan.plainMs,
      draft: draftMs,
      target: parts.targetMs,
    },
    sequences: batch.flatMap((sequence, index) => {
      const [decision, result] = [plan.decisions[index], results[index]]
      if (!decision || !result) return []
      const { tenant, id } = sequence.job.request
      const { arm, branches, lookahead, expectedTokens, goodput, plainGoodput } = decision
      return {
        tenant,
        request: id,
        choice: sequence.choice,
        options: optionsOf(parts, index),
        decision: { arm, branches, lookahead, expectedTokens, goodput, plainGoodput, reason: decision.reason() },
        result: {
          arm: result.arm,
          branches: result.branches,
          proposed: result.proposed,
          accepted: result.accepted,
          committed: result.committed,
        },
      }
    }),
  }
}

function optionsOf({ offers, drafting }: StepParts, index: number): OptionRecord[] {
  const { proposals = new Map<never, never>(), forecasts = [] } = offers[index] ?? {}
  const arms = new Set([...proposals.keys(), ...forecasts.map(({ arm }) => arm)])
  return [...arms].map((arm) => {
    const proposal = proposals.get(arm)
    const forecast = forecasts.find((each) => each.arm === arm)
    const request = drafting.requests.find((each) => each.sequence === index && each.arm === arm)
    return {
      arm,
      ...(proposal ? { version: proposal.version, survival: proposal.survival } : {}),
      ...(forecast ? { forecast: forecast.survival } : {}),
      ...(request ? { asked: request.lookahead } : {}),
    }
  })
}
