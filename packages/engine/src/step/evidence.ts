import type { DraftPlan, StepPlan } from '@foretoken/drafting'
import type { Sequence } from '../sequence.ts'
import type { DecodeContext } from './context.ts'
import type { Offers } from './propose.ts'

export interface FinishedStep {
  readonly batch: readonly Sequence[]
  readonly offers: readonly Offers[]
  readonly drafting: DraftPlan
  readonly plan: StepPlan
  /** Tokens, by sequence. */
  readonly committed: readonly number[]
  readonly ms: number
}

/** Tells the controller what the step turned out to be worth, beside the same step without drafts that have a price. */
export function learnEvidence(
  { batch, offers, drafting, plan, committed, ms }: FinishedStep,
  ctx: DecodeContext,
): void {
  const { evidence, costs } = ctx
  const asking = new Set(drafting.requests.map(({ sequence }) => sequence))
  const tokens = committed.reduce((sum, each) => sum + each, 0)
  const tenants = batch.map(({ tenant }) => tenant)
  evidence.step(tenants, ms, tokens, asking.size === 0 ? plan.expectedMs : undefined)
  if (asking.size === 0) return
  const frees = batch.map((sequence, index) => freeTokensOf(sequence, offers[index], committed[index] ?? 0))
  const rows = frees.reduce((sum, { rows }) => sum + rows, 0) / batch.length
  const freeExpectedMs = costs.targetMs(batch.length, 1 + rows)
  for (const index of asking) {
    const [sequence, free, opinion] = [batch[index], frees[index], offers[index]?.opinion]
    if (!sequence?.isFree || !free || !opinion) continue
    const outcome = { opinion, tokens: committed[index] ?? 1, freeTokens: free.tokens, ms, freeExpectedMs }
    evidence.learn(sequence.tenant, { ...outcome, sharers: asking.size })
  }
}

/** What the free arms' best proposal would have committed at the place where the step began, and its rows. */
function freeTokensOf({ tokens }: Sequence, offers: Offers | undefined, committed: number) {
  const { tokens: proposed = [], survival = [] } = offers?.proposals.get('suffix') ?? {}
  const rows = survival.filter((each) => each >= WORTH_A_ROW).length
  const own = tokens.slice(tokens.length - committed)
  let right = 0
  while (right < Math.min(rows, committed - 1) && proposed[right] === own[right]) right++
  return { rows, tokens: Math.min(committed, 1 + right) }
}

/** The plan would have verified about as much of it. */
const WORTH_A_ROW = 0.2
