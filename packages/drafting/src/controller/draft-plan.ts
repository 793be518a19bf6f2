import type { DraftArm } from '../speculator.ts'
import type { StepPlan } from './decision.ts'
import type { Forced, SequenceState } from './offer.ts'
import { EXPLORE_LOOKAHEAD, EXPLORE_SHARE, planStep, type StepInput } from './plan.ts'

/** One arm is to draft this far for one sequence, given by its place in the batch. */
export interface ArmRequest {
  readonly sequence: number
  readonly arm: DraftArm
  readonly lookahead: number
}

export interface DraftPlan {
  readonly requests: readonly ArmRequest[]
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
  const exploring = input.draw < EXPLORE_SHARE
  const plan = planStep(exploring ? input : { ...input, sequences: input.sequences.map(withoutWhatIsSurelyWorse) })
  const planned = plan.decisions.flatMap(({ drafted, branches }, sequence) =>
    drafted ? [] : branches.flatMap(({ arm, lookahead }) => (lookahead > 0 ? { sequence, arm, lookahead } : [])),
  )
  const requests = [
    ...planned.map((request) => forcedLength(request, input)),
    ...forcedRequests(input, planned),
    ...provenRequests(input, planned),
  ]
  const exploratory = requests.length > 0 && exploring ? exploratoryRequests(input, plan, requests) : []
  return { requests: [...requests, ...exploratory], plan, explored: plan.explored || exploratory.length > 0 }
}

/** A tenant's free sequence for which asking turned out to be worse than not: the plan gets nothing to ask for. */
function withoutWhatIsSurelyWorse(sequence: SequenceState): SequenceState {
  if (sequence.advice !== 'skip' || sequence.forced) return sequence
  return { ...sequence, options: sequence.options.filter(({ drafted }) => drafted) }
}

/**
 * Where asking turned out to be better than not, whatever the plan expects: as far as the forecast is worth a row. Where
 * it was too seldom tried to say, now and then, if the tenant can pay for it.
 */
function provenRequests({ sequences, costs, lookaheadMax, draw }: StepInput, planned: readonly ArmRequest[]) {
  return sequences.flatMap(({ advice, forced, options, creditMs }, sequence): ArmRequest[] => {
    if (forced || planned.some((request) => request.sequence === sequence)) return []
    if (advice !== 'take' && !(advice === 'unknown' && draw < TRY_SHARE)) return []
    const [option] = options.filter(({ drafted }) => !drafted)
    if (!option) return []
    const worth = option.survival.filter((each) => each >= WORTH_A_ROW).length
    const lookahead = Math.min(Math.max(1, worth), lookaheadMax)
    const batch = sequences.length
    const ms = costs.draftMs(option.arm, batch, lookahead) + lookahead * costs.rowMs(batch, lookaheadMax)
    return ms <= creditMs ? [{ sequence, arm: option.arm, lookahead }] : []
  })
}

/** Share of steps at which an arm is asked that was too seldom asked at such a place to be judged. */
const TRY_SHARE = 0.05
/** Survival that pays for a row wherever rows are nearly free. */
export const WORTH_A_ROW = 0.2

/** A forced arm drafts this far where no plan says how far it should. */
export const FORCED_LOOKAHEAD = 4

function forcedLength(request: ArmRequest, { sequences, lookaheadMax }: StepInput): ArmRequest {
  const lookahead = sequences[request.sequence]?.forced?.lookahead ?? request.lookahead
  return { ...request, lookahead: Math.min(lookahead, lookaheadMax) }
}

function forcedRequests({ sequences, lookaheadMax }: StepInput, planned: readonly ArmRequest[]): ArmRequest[] {
  return sequences.flatMap(({ forced, options }, sequence) => {
    const { arm, lookahead = FORCED_LOOKAHEAD }: Forced = forced ?? {}
    const offered = options.some((option) => option.arm === arm && !option.drafted)
    if (arm === undefined || arm === 'none' || !offered || lookahead === 0) return []
    if (planned.some((request) => request.sequence === sequence)) return []
    return [{ sequence, arm, lookahead: Math.min(lookahead, lookaheadMax) }]
  })
}

function exploratoryRequests(input: StepInput, plan: StepPlan, requests: readonly ArmRequest[]): ArmRequest[] {
  const exploratory = requests.flatMap(({ sequence, arm }) => {
    const { options = [], forced } = input.sequences[sequence] ?? {}
    if (forced) return []
    return options
      .filter((option) => !option.drafted && option.arm !== arm)
      .map((option) => ({ sequence, arm: option.arm, lookahead: Math.min(EXPLORE_LOOKAHEAD, input.lookaheadMax) }))
  })
  const ms =
    plan.expectedMs -
    plan.plainMs +
    input.costs.draftsMs([...requests, ...exploratory]) -
    input.costs.draftsMs(requests)
  return input.sequences.every(({ creditMs }) => ms <= creditMs) ? exploratory : []
}
