import type { DraftArm } from '../speculator.ts'
import type { StepPlan } from './decision.ts'
import type { Forced } from './offer.ts'
import { EXPLORE_LOOKAHEAD, EXPLORE_SHARE, planStep, type StepInput } from './plan.ts'

/** One arm is to draft this far for one sequence, given by its place in the batch. */
export interface DraftAsk {
  readonly sequence: number
  readonly arm: DraftArm
  readonly lookahead: number
}

export interface DraftPlan {
  readonly asks: readonly DraftAsk[]
  /** With nothing to ask for this is the step's plan: all it uses is drafted. */
  readonly plan: StepPlan
  /** Something is asked for to learn, not because it was expected to pay. */
  readonly explored: boolean
}

/**
 * The first half of planning a step: which arms that cost something to ask are asked, for which sequences and how far.
 * An arm that a request forces is always asked. Now and then an arm that was not chosen drafts beside the one that was:
 * it is judged by what the target commits whether or not it is verified, so that is all it takes to keep it measured.
 */
export function planDrafts(input: StepInput): DraftPlan {
  const plan = planStep(input)
  const planned = plan.decisions.flatMap(({ drafted, branches }, sequence) =>
    drafted ? [] : branches.flatMap(({ arm, lookahead }) => (lookahead > 0 ? { sequence, arm, lookahead } : [])),
  )
  const asks = [...planned.map((ask) => forcedLength(ask, input)), ...forcedAsks(input, planned)]
  const beside = asks.length > 0 && input.draw < EXPLORE_SHARE ? looksBeside(input, plan, asks) : []
  return { asks: [...asks, ...beside], plan, explored: plan.explored || beside.length > 0 }
}

/** A forced arm drafts this far where no plan says how far it should. */
export const FORCED_LOOKAHEAD = 4

function forcedLength(ask: DraftAsk, { sequences, lookaheadMax }: StepInput): DraftAsk {
  const lookahead = sequences[ask.sequence]?.forced?.lookahead ?? ask.lookahead
  return { ...ask, lookahead: Math.min(lookahead, lookaheadMax) }
}

function forcedAsks({ sequences, lookaheadMax }: StepInput, planned: readonly DraftAsk[]): DraftAsk[] {
  return sequences.flatMap(({ forced, options }, sequence) => {
    const { arm, lookahead = FORCED_LOOKAHEAD }: Forced = forced ?? {}
    const offered = options.some((option) => option.arm === arm && !option.drafted)
    if (arm === undefined || arm === 'none' || !offered || lookahead === 0) return []
    if (planned.some((ask) => ask.sequence === sequence)) return []
    return [{ sequence, arm, lookahead: Math.min(lookahead, lookaheadMax) }]
  })
}

function looksBeside(input: StepInput, plan: StepPlan, asks: readonly DraftAsk[]): DraftAsk[] {
  const beside = asks.flatMap(({ sequence, arm }) => {
    const { options = [], forced } = input.sequences[sequence] ?? {}
    if (forced) return []
    return options
      .filter((option) => !option.drafted && option.arm !== arm)
      .map((option) => ({ sequence, arm: option.arm, lookahead: Math.min(EXPLORE_LOOKAHEAD, input.lookaheadMax) }))
  })
  const ms = plan.expectedMs - plan.plainMs + input.costs.draftsMs([...asks, ...beside]) - input.costs.draftsMs(asks)
  return input.sequences.every(({ creditMs }) => ms <= creditMs) ? beside : []
}
