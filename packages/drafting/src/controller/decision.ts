import type { Arm } from '../speculator.ts'
import type { Branch } from './branch.ts'
import type { Forced } from './offer.ts'
import type { Pick } from './pick.ts'

/** What a step will do, and what the controller expected of it. */
export interface StepPlan extends StepForecast {
  /** One per sequence, in the order they were given. */
  readonly decisions: readonly Decision[]
}

export interface StepForecast {
  readonly batch: number
  /** The most in the batch. */
  readonly lookahead: number
  readonly expectedTokens: number
  /** Of the target run, and of drafts that the plan asks for. */
  readonly expectedMs: number
  /** What the same batch would take without drafting. */
  readonly plainMs: number
  /** Drafted to learn, not because it was expected to pay. */
  readonly explored: boolean
}

export interface Decision {
  /** Of the branch that is expected to go furthest. */
  readonly arm: Arm
  /** Draft tokens verified, a row each: what two branches begin with alike counts once. */
  readonly lookahead: number
  /** What is verified, side by side; the most promising first. */
  readonly branches: readonly Branch[]
  /** False when the branch has to be drafted first. */
  readonly drafted: boolean
  /** Tokens this sequence is expected to commit, the target's own included. */
  readonly expectedTokens: number
  /** Tokens per millisecond expected of this plan and of plain decoding, over the whole batch. */
  readonly goodput: number
  readonly plainGoodput: number
  /** One sentence for a person; built only when asked. */
  reason(): string
}

export function decisionOf({ offer, rows, tokens }: Pick, step: StepForecast, forced: Forced | undefined): Decision {
  const goodput = step.expectedTokens / step.expectedMs
  const plainGoodput = step.batch / step.plainMs
  const branches = offer?.branches(rows) ?? []
  return {
    arm: branches[0]?.arm ?? 'none',
    lookahead: rows,
    branches,
    drafted: offer?.undrafted === undefined,
    expectedTokens: tokens,
    goodput,
    plainGoodput,
    reason: () => {
      const batch = `${perSecond(goodput)} tokens/s expected against ${perSecond(plainGoodput)} plain at batch ${step.batch}`
      if (forced?.arm !== undefined || forced?.lookahead !== undefined) return `Forced by the request; ${batch}.`
      if (rows === 0) return step.lookahead === 0 ? PLAIN_REASON : `Nothing likely to propose here; ${batch}.`
      const what = `${branches.map(named).join(' beside ')}, ${tokens.toFixed(2)} expected to commit`
      return step.explored ? `Exploring ${what}; ${batch}.` : `Drafting ${what}; ${batch}.`
    },
  }
}

const PLAIN_REASON = 'Plain decoding: no proposal was likely enough to pay for its rows.'

function named({ arm, lookahead }: Branch): string {
  return `${lookahead} ${arm} ${lookahead === 1 ? 'token' : 'tokens'}`
}

function perSecond(goodput: number): string {
  return (goodput * 1_000).toFixed(0)
}
