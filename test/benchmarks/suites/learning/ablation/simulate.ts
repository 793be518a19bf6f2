import { type CostTable, SURVIVAL_MIN } from '@foretoken/drafting'
import type { ReplayedTrace } from '@foretoken/learning/training'

/** Sets the lookahead, step by step, from what it could know by then. One instance lives through one tenant's requests. */
export interface Policy {
  /** Tokens to ask the draft for now; 0 decodes plainly. */
  ask(): number
  /** How many of the drafted tokens to verify, given the draft's confidence in each. */
  verify(confidence: readonly number[], draftMs: number): number
  /** The target's verdict on the draft: so many of its tokens agree with it. Called after every step. */
  hear(outcome: StepOutcome): void
}

export interface StepOutcome {
  readonly confidence: readonly number[]
  /** Of the drafted tokens, verified or not, as far as the committed ones tell. */
  readonly judged: number
  readonly agreed: number
  readonly committed: number
  readonly draftMs: number
}

export interface Simulated {
  readonly tokens: number
  readonly steps: number
  readonly ms: number
}

/** Plays replayed traces under a policy on a clock that is the cost table: no run, no noise, the same every time. */
export function simulate(
  replayed: readonly ReplayedTrace[],
  depth: number,
  costs: CostTable,
  policy: Policy,
): Simulated {
  let [tokens, steps, ms] = [0, 0, 0]
  for (const { trace, first, accepted, confidence } of replayed) {
    const total = trace.tokens.length
    tokens += total
    steps += first
    ms += first * costs.targetMs(1, 1) // a prompt of one token has nothing to draft from
    for (let at = first; at < total; steps++) {
      const row = at - first
      const asked = Math.min(policy.ask(), depth)
      const drafted = draftedOf(confidence.subarray(row * depth, (row + 1) * depth), asked)
      const draftMs = costs.draftMs(DRAFT_ARM, 1, drafted.length)
      const verified = drafted.length === 0 ? 0 : policy.verify(drafted, draftMs)
      const agreed = Math.min(accepted[row] ?? 0, drafted.length)
      const committed = Math.min(Math.min(agreed, verified) + 1, total - at)
      const judged = Math.min(drafted.length, committed, agreed + 1)
      policy.hear({ confidence: drafted, judged, agreed, committed, draftMs })
      ms += draftMs + costs.targetMs(1, 1 + verified)
      at += committed
    }
  }
  return { tokens, steps, ms }
}

/** The least time that any lookaheads could have taken, chosen with all verdicts known: a shortest path per trace. */
export function simulateOracle(replayed: readonly ReplayedTrace[], depth: number, costs: CostTable): Simulated {
  let [tokens, steps, ms] = [0, 0, 0]
  const price = Array.from({ length: depth + 1 }, (_, lookahead) => stepMs(costs, lookahead))
  for (const { trace, first, accepted } of replayed) {
    const total = trace.tokens.length
    const best = new Array<{ ms: number; steps: number }>(total + 1).fill({ ms: 0, steps: 0 })
    for (let at = total - 1; at >= first; at--) {
      let choice = { ms: Number.POSITIVE_INFINITY, steps: 0 }
      for (let lookahead = 0; lookahead <= Math.min(accepted[at - first] ?? 0, depth); lookahead++) {
        const rest = best[Math.min(at + lookahead + 1, total)] ?? { ms: 0, steps: 0 }
        const own = (price[lookahead] ?? 0) + rest.ms
        if (own < choice.ms) choice = { ms: own, steps: rest.steps + 1 }
      }
      best[at] = choice
    }
    tokens += total
    steps += first + (best[first]?.steps ?? 0)
    ms += first * (price[0] ?? 0) + (best[first]?.ms ?? 0)
  }
  return { tokens, steps, ms }
}

/** A step that drafts so many tokens and verifies them all. */
export function stepMs(costs: CostTable, lookahead: number): number {
  return costs.targetMs(1, 1 + lookahead) + costs.draftMs(DRAFT_ARM, 1, lookahead)
}

/** The arm whose chains are replayed, whichever it is; the table has one draft. */
export const DRAFT_ARM = 'adaptive'

/** As the recurrent arm drafts: as long as the chain is likely enough to survive. */
function draftedOf(confidence: Float32Array, asked: number): number[] {
  let survival = 1
  let length = 0
  while (length < asked && survival >= SURVIVAL_MIN) survival *= confidence[length++] ?? 0
  return [...confidence.subarray(0, length)]
}
