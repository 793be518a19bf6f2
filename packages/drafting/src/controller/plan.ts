import type { CostTable } from '../cost/index.ts'
import type { Arm } from '../speculator.ts'
import { type Decision, decisionOf, type StepPlan } from './decision.ts'

/** What one arm offers for one sequence. */
export interface ArmOption {
  readonly arm: Exclude<Arm, 'none'>
  /** As in Proposal, or an arm's forecast when it has not drafted yet. */
  readonly survival: readonly number[]
  /** False when drafting still has to be paid for; the plan then says for which sequences and how far to draft. */
  readonly drafted: boolean
}

export interface SequenceState {
  readonly tenant: string
  readonly options: readonly ArmOption[]
  /** A tenant's order: only this arm, exactly this lookahead (as far as the arm proposes). */
  readonly forced?: { readonly arm?: Arm; readonly lookahead?: number }
  /** Milliseconds that this step may cost the tenant if all its draft tokens are rejected; see Accounts. */
  readonly creditMs: number
}

export interface StepInput {
  readonly sequences: readonly SequenceState[]
  readonly costs: CostTable
  readonly lookaheadMax: number
  /** Uniform in [0, 1), fresh for each step: decides whether to explore. */
  readonly draw: number
}

/**
 * Chooses arm and lookahead for each sequence of a step so that expected committed tokens per millisecond are
 * highest over the whole batch.
 *
 * A target run is a rectangle: every sequence pays for the longest lookahead Γ in the batch. So once Γ is fixed, each
 * sequence takes the arm that is expected to commit most within Γ, and its whole proposal up to there, for the rows
 * are paid for anyway. What is left is one search over Γ (and over which arms are asked to draft), which is exact.
 *
 * Plain decoding wins unless drafting is better by GAIN_MIN, and no plan may overdraw a tenant's credit even if every
 * voluntary draft token is rejected: that is what bounds how much slower than plain a tenant can get.
 */
export function planStep(input: StepInput): StepPlan {
  const floor = Math.max(0, ...input.sequences.map(forcedLookahead))
  const base = candidate(input, floor, [])
  let best = base
  const ceiling = Math.max(floor, Math.min(input.lookaheadMax, longestOffer(input)))
  for (const drafting of subsets(undraftedArms(input))) {
    for (let lookahead = floor; lookahead <= ceiling; lookahead++) {
      const plan = candidate(input, lookahead, drafting)
      const margin = best === base ? 1 + GAIN_MIN : 1
      if (plan.goodput > best.goodput * margin && affordable(input, plan, base)) best = plan
    }
  }
  const explored = best === base && floor === 0 && input.draw < EXPLORE_SHARE
  return explored ? (exploration(input, base) ?? finish(input, best, false)) : finish(input, best, false)
}

/** Smallest gain in expected goodput for which drafting is preferred: what costs and survival are known to, at best. */
export const GAIN_MIN = 0.05
/** Share of steps judged not worth drafting that draft a little all the same, if credit allows. */
export const EXPLORE_SHARE = 0.02
const EXPLORE_LOOKAHEAD = 2

interface Candidate {
  readonly picks: readonly Pick[]
  /** Longest lookahead among the picks. */
  readonly lookahead: number
  readonly tokens: number
  readonly ms: number
  readonly goodput: number
}

export interface Pick {
  readonly arm: Arm
  readonly lookahead: number
  readonly tokens: number
  readonly drafted: boolean
}

const PLAIN: Pick = { arm: 'none', lookahead: 0, tokens: 1, drafted: true }

function candidate({ sequences, costs }: StepInput, lookahead: number, drafting: readonly Arm[]): Candidate {
  const picks = sequences.map((sequence) => pick(sequence, lookahead, drafting))
  const longest = Math.max(0, ...picks.map((each) => each.lookahead))
  const tokens = picks.reduce((sum, each) => sum + each.tokens, 0)
  let ms = costs.targetMs(sequences.length, 1 + longest)
  for (const arm of new Set(picks.filter((each) => !each.drafted).map((each) => each.arm))) {
    const asked = picks.filter((each) => each.arm === arm && !each.drafted)
    ms += costs.draftMs(arm, asked.length, Math.max(0, ...asked.map((each) => each.lookahead)))
  }
  return { picks, lookahead: longest, tokens, ms, goodput: tokens / ms }
}

function pick({ options, forced }: SequenceState, lookahead: number, drafting: readonly Arm[]): Pick {
  let best = PLAIN
  for (const { arm, survival, drafted } of options) {
    if (forced?.arm !== undefined && forced.arm !== arm) continue
    if (!drafted && !drafting.includes(arm) && forced?.lookahead === undefined) continue
    const length = Math.min(forced?.lookahead ?? lookahead, lookahead, survival.length)
    let tokens = 1
    for (let i = 0; i < length; i++) tokens += survival[i] ?? 0
    const better = tokens > best.tokens || (best === PLAIN && forced?.lookahead !== undefined)
    if (length > 0 && better) best = { arm, lookahead: length, tokens, drafted }
  }
  return best
}

/** Whether each tenant could pay for the step if nothing drafted by choice were accepted. */
function affordable({ sequences }: StepInput, plan: Candidate, base: Candidate): boolean {
  return sequences.every(({ creditMs }) => plan.ms - base.ms <= creditMs)
}

/** A short look at proposals that were judged not worth it, where every tenant in the batch can afford it. */
function exploration(input: StepInput, base: Candidate): StepPlan | undefined {
  for (const drafting of [[], ...undraftedArms(input).map((arm) => [arm])]) {
    const plan = candidate(input, Math.min(EXPLORE_LOOKAHEAD, input.lookaheadMax), drafting)
    if (plan.lookahead > 0 && affordable(input, plan, base)) return finish(input, plan, true)
  }
  return undefined
}

function finish({ sequences, costs }: StepInput, { picks, lookahead, tokens, ms }: Candidate, explored: boolean) {
  const plainMs = costs.targetMs(sequences.length, 1)
  const step = { batch: sequences.length, lookahead, expectedTokens: tokens, expectedMs: ms, plainMs, explored }
  const decisions: Decision[] = picks.map((each, at) => decisionOf(each, step, sequences[at]?.forced))
  return { ...step, decisions }
}

function forcedLookahead({ options, forced }: SequenceState): number {
  const offered = options.filter(({ arm }) => forced?.arm === undefined || forced.arm === arm)
  return Math.min(forced?.lookahead ?? 0, Math.max(0, ...offered.map(({ survival }) => survival.length)))
}

function longestOffer({ sequences }: StepInput): number {
  return Math.max(0, ...sequences.flatMap(({ options }) => options.map(({ survival }) => survival.length)))
}

function undraftedArms({ sequences }: StepInput): Arm[] {
  return [...new Set(sequences.flatMap(({ options }) => options.filter((o) => !o.drafted).map(({ arm }) => arm)))]
}

function subsets(arms: readonly Arm[]): Arm[][] {
  const sets: Arm[][] = [[]]
  for (const arm of arms) sets.push(...sets.map((set) => [...set, arm]))
  return sets
}
