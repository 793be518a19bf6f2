import {
  type ArmOption,
  type Branch,
  type DraftArm,
  type DraftPlan,
  type DraftTree,
  drawAt,
  type Forced,
  mergeChains,
  type Proposal,
  planDrafts,
  planStep,
  type SequenceState,
  type StepPlan,
} from '@foretoken/drafting'
import type { Sequence } from '../sequence.ts'
import type { DecodeContext } from './context.ts'
import type { Offers } from './offers.ts'

/** One arm's proposal as far as it is verified. */
export interface DraftBranch {
  readonly arm: DraftArm
  readonly version: string | null
  readonly tokens: readonly number[]
  /** It is an alternative: so many of its tokens are its arm's chain, which is verified too. */
  readonly shared?: number
}

/** What one sequence verifies: its branches, the most promising first, merged into a tree. */
export interface SequenceDraft {
  readonly branches: readonly DraftBranch[]
  readonly tree: DraftTree
}

/** Before arms that cost something draft: whom to ask, given what is drafted already. */
export function planDrafting(batch: readonly Sequence[], offers: readonly Offers[], ctx: DecodeContext): DraftPlan {
  return planDrafts(inputOf(batch, offers, 0, ctx))
}

/** After all have drafted, which took `draftMs`: what to verify. */
export function planVerification(
  batch: readonly Sequence[],
  offers: readonly Offers[],
  draftMs: number,
  ctx: DecodeContext,
): StepPlan {
  const drafted = offers.map((own) => ({ ...own, forecasts: [] }))
  return planStep(inputOf(batch, drafted, draftMs, ctx))
}

export function draftsOf(plan: StepPlan, offers: readonly Offers[]): SequenceDraft[] {
  return plan.decisions.map((decision, index) => {
    const branches = decision.branches.flatMap((branch) => branchOf(branch, offers[index]?.proposals.get(branch.arm)))
    return { branches, tree: mergeChains(branches.map(({ tokens }) => tokens)) }
  })
}

function branchOf({ arm, lookahead, alternative }: Branch, proposal: Proposal | undefined): DraftBranch[] {
  if (!proposal) return []
  const { version } = proposal
  const other = alternative === undefined ? undefined : proposal.alternatives?.[alternative]
  if (!other) return [{ arm, version, tokens: proposal.tokens.slice(0, lookahead) }]
  const tokens = [...proposal.tokens.slice(0, other.after), ...other.tokens]
  return [{ arm, version, tokens: tokens.slice(0, lookahead), shared: other.after }]
}

function inputOf(batch: readonly Sequence[], offers: readonly Offers[], spentMs: number, ctx: DecodeContext) {
  const plainMs = ctx.costs.targetMs(batch.length, 1)
  const sequences = batch.map((sequence, index): SequenceState => {
    const { tenant } = sequence.job.request
    const options = optionsOf(offers[index])
    const forced = forcedBy(sequence, options)
    const creditMs = ctx.accounts.creditMs(tenant, plainMs) - spentMs
    const { opinion } = offers[index] ?? {}
    return {
      ...{ tenant, options, creditMs },
      ...(opinion ? { advice: ctx.evidence.advice(sequence.learner, opinion) } : {}),
      ...(forced ? { forced } : {}),
    }
  })
  return {
    sequences,
    costs: ctx.costs,
    ragged: ctx.target.ragged,
    drafted: spentMs > 0,
    lookaheadMax: ctx.lookaheadMax,
    draw: drawAt(0, ctx.step),
  }
}

function optionsOf(offers: Offers | undefined): ArmOption[] {
  if (!offers) return []
  const drafted = [...offers.proposals].map(
    ([arm, { tokens, survival, alternatives = [] }]): ArmOption => ({
      ...{ arm, tokens, survival, drafted: true },
      ...(alternatives.length > 0 && { alternatives }),
    }),
  )
  const forecasts = offers.forecasts.map(({ arm, survival }): ArmOption => ({ arm, survival, drafted: false }))
  return [...drafted, ...forecasts]
}

/** A tenant without an adapter that is ready is served by the static draft when it asks for the adaptive one. */
function forcedBy(sequence: Sequence, options: readonly ArmOption[]): Forced | undefined {
  const { arm, lookahead } = sequence.job.request.speculation
  if (arm === 'auto') return lookahead === undefined ? undefined : { lookahead }
  const cold = arm === 'adaptive' && !options.some((option) => option.arm === 'adaptive')
  return { arm: cold ? 'static' : arm, ...(lookahead === undefined ? {} : { lookahead }) }
}
