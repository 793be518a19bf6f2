import type { Arm } from '../speculator.ts'
import type { Pick } from './plan.ts'

/** What a step will do, and what the controller expected of it. */
export interface StepPlan extends StepForecast {
  /** One per sequence, in the order they were given. */
  readonly decisions: readonly Decision[]
}

export interface StepForecast {
  readonly batch: number
  /** The longest in the batch; the target run has batch × (1 + lookahead) rows. */
  readonly lookahead: number
  readonly expectedTokens: number
  readonly expectedMs: number
  /** What the same batch would take without drafting. */
  readonly plainMs: number
  /** Drafted to learn, not because it was expected to pay. */
  readonly explored: boolean
}

export interface Decision {
  readonly arm: Arm
  readonly lookahead: number
  /** Tokens this sequence is expected to commit, the target's own included. */
  readonly expectedTokens: number
  /** Tokens per millisecond expected of this plan and of plain decoding, over the whole batch. */
  readonly goodput: number
  readonly plainGoodput: number
  /** One sentence for a person; built only when asked. */
  reason(): string
}

export function decisionOf(
  { arm, lookahead, tokens }: Pick,
  step: StepForecast,
  forced: { readonly arm?: Arm; readonly lookahead?: number } | undefined,
): Decision {
  const goodput = step.expectedTokens / step.expectedMs
  const plainGoodput = step.batch / step.plainMs
  return {
    arm,
    lookahead,
    expectedTokens: tokens,
    goodput,
    plainGoodput,
    reason: () => {
      const batch = `${perSecond(goodput)} tokens/s expected against ${perSecond(plainGoodput)} plain at batch ${step.batch}`
      if (forced?.arm !== undefined || forced?.lookahead !== undefined) return `Forced by the request; ${batch}.`
      if (lookahead === 0) return step.lookahead === 0 ? PLAIN_REASON : `Nothing likely to propose here; ${batch}.`
      const what = `${lookahead} ${arm} ${lookahead === 1 ? 'token' : 'tokens'}, ${tokens.toFixed(2)} expected to commit`
      return step.explored ? `Exploring ${what}; ${batch}.` : `Drafting ${what}; ${batch}.`
    },
  }
}

const PLAIN_REASON = 'Plain decoding: no proposal was likely enough to pay for its rows.'

function perSecond(goodput: number): string {
  return (goodput * 1_000).toFixed(0)
}
