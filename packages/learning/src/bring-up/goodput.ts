import { played, type ReplayedTrace } from '../train/replay.ts'

/** What a step of one sequence takes, in milliseconds. */
export interface StepCosts {
  /** A run of the target over so many rows: 1 decodes plainly, 1 + γ verifies γ tokens. */
  targetMs(rows: number): number
  /** A chain of so many tokens. */
  draftMs(lookahead: number): number
}

export interface ExpectedGoodput {
  /** Committed tokens per millisecond of drafting and verifying. */
  readonly goodput: number
  /** Tokens that each step drafts. */
  readonly lookahead: number
}

/**
 * What a request would take with chains of `lookahead` tokens: the cost table times the steps that replay counts. Every
 * step is priced alike, a draft, and a run over its tokens and one more; prefill costs the same with any draft and is
 * left out, and a controller that changes the lookahead from step to step does a little better.
 */
export function expectedMs(replayed: ReplayedTrace, lookahead: number, costs: StepCosts): number {
  const { steps } = played(replayed, lookahead)
  const step = costs.targetMs(1 + lookahead) + (lookahead === 0 ? 0 : costs.draftMs(lookahead))
  // The first step of a prompt of one token has nothing to draft from.
  return replayed.first * costs.targetMs(1) + (steps - replayed.first) * step
}

export function expectedGoodput(replayed: readonly ReplayedTrace[], lookahead: number, costs: StepCosts): number {
  const tokens = replayed.reduce((sum, { trace }) => sum + trace.tokens.length, 0)
  const ms = replayed.reduce((sum, each) => sum + expectedMs(each, lookahead, costs), 0)
  return ms > 0 ? tokens / ms : 0
}

/**
 * The best of all lookaheads from 1 to `most` on these requests; judge it on others. The shortest of equals. Plain
 * decoding is no answer: where it is better than all drafts, one of them is still the best.
 */
export function bestLookahead(replayed: readonly ReplayedTrace[], most: number, costs: StepCosts): ExpectedGoodput {
  const all = Array.from({ length: most }, (_, at): ExpectedGoodput => {
    const lookahead = at + 1
    return { lookahead, goodput: expectedGoodput(replayed, lookahead, costs) }
  })
  return all.reduce((best, each) => (each.goodput > best.goodput ? each : best))
}
