import { type DraftArm, type DraftPlan, type StepPlan, WORTH_A_ROW } from '@foretoken/drafting'
import type { Sequence } from '../sequence.ts'
import type { DecodeContext } from './context.ts'
import type { Offers } from './offers.ts'
import { batchOwner } from './outlook.ts'

export interface FinishedStep {
  readonly batch: readonly Sequence[]
  readonly offers: readonly Offers[]
  readonly drafting: DraftPlan
  readonly plan: StepPlan
  /** Tokens, by sequence. */
  readonly committed: readonly number[]
  readonly ms: number
}

/** Tells the controller what the step's strategies turned out to be worth. */
export function learnEvidence(
  { batch, offers, drafting, plan, committed, ms }: FinishedStep,
  ctx: DecodeContext,
): void {
  const { evidence, costs } = ctx
  const tokens = committed.reduce((sum, each) => sum + each, 0)
  evidence.step([batchOwner(batch), ...batch.map(({ learner }) => learner)], ms, tokens)
  const asking = new Set(drafting.requests.map(({ sequence }) => sequence))
  if (!batch.every(({ isFree }) => isFree)) return
  if (plan.lookahead > 0 || asking.size > 0) {
    const outcome = { tokens: tokens - batch.length, ms: ms - plan.plainMs, otherMs: plan.plainMs }
    evidence.learn(batchOwner(batch), 'draft', outcome)
  }
  if (asking.size === 0) return
  const eager: DraftArm[] = ctx.speculators.flatMap((speculator) => (speculator.eager ? speculator.arms : []))
  eager.push('grammar')
  const free = batch.map((sequence, index) => freeTokensOf(sequence, eager, offers[index], committed[index] ?? 0))
  const otherMs = costs.targetMs(batch.length, 1 + free.reduce((sum, { rows }) => sum + rows, 0) / batch.length)
  for (const index of asking) {
    const [sequence, opinion] = [batch[index], offers[index]?.opinion]
    if (!sequence || !opinion) continue
    const added = (committed[index] ?? 1) - (free[index]?.tokens ?? 1)
    evidence.learn(sequence.learner, opinion, { tokens: added, ms: (ms - otherMs) / asking.size, otherMs })
  }
}

/**
 * What the better of the free arms' proposals alone would have committed at the place where the step began, and its
 * rows: about as many as a plan would have verified of it.
 */
function freeTokensOf({ tokens }: Sequence, eager: readonly DraftArm[], offers: Offers | undefined, committed: number) {
  const own = tokens.slice(tokens.length - committed)
  let best = { rows: 0, tokens: 1 }
  for (const { tokens: proposed, survival } of eager.flatMap((arm) => offers?.proposals.get(arm) ?? [])) {
    const rows = survival.filter((each) => each >= WORTH_A_ROW).length
    let right = 0
    while (right < Math.min(rows, committed - 1) && proposed[right] === own[right]) right++
    if (1 + right > best.tokens || best.rows === 0) best = { rows, tokens: Math.min(committed, 1 + right) }
  }
  return best
}
