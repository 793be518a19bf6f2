import type { CostTable } from '../cost/index.ts'
import type { DraftArm } from '../speculator.ts'
import { decisionOf, type StepPlan } from './decision.ts'
import { type Offer, offersOf, type SequenceState } from './offer.ts'
import { type Pick, PLAIN, pick } from './pick.ts'
import { admissions } from './ragged.ts'

export interface StepInput {
  readonly sequences: readonly SequenceState[]
  readonly costs: CostTable
  /**
   * A run costs what all its rows do, however they are spread; otherwise as if each sequence had as many as the
   * longest.
   */
  readonly ragged?: boolean
  /** Something that has a price has drafted for this step already. */
  readonly drafted?: boolean
  /** Most draft rows per sequence. */
  readonly lookaheadMax: number
  /** Uniform in [0, 1), fresh for each step: decides whether to explore. */
  readonly draw: number
}

/**
 * Chooses the draft tokens of each sequence of a step so that expected committed tokens per millisecond are highest
 * over the whole batch.
 *
 * Where a target run is a rectangle, every sequence pays for the most draft rows Γ in the batch. So once Γ is fixed,
 * each sequence takes the Γ nodes of its tree of proposals that are expected to commit most, or the arm to be asked that
 * is expected to; for the rows are paid for anyway. What is left is one search over Γ, which is exact, and over which
 * arms are asked to draft. Where a run is ragged, rows go one after the other to the sequence where the next one is
 * worth most; see `admissions`. A tree of two arms wins over either chain where the same rows are expected to commit
 * more.
 *
 * Plain decoding wins unless drafting is better by GAIN_MIN, and no plan may overdraw a tenant's credit even if every
 * voluntary draft token is rejected that can be: that is what bounds how much slower than plain a tenant can get.
 */
export function planStep(input: StepInput): StepPlan {
  const search: Search = { ...input, offers: input.sequences.map(offersOf), targetMs: [] }
  const floor = mostForced(search)
  const ragged = isRagged(search)
  const base = candidate(search, picksWithin(search, ragged ? 0 : floor, []))
  let best = base
  for (const drafting of subsets(undraftedArms(search))) {
    for (const picks of ragged ? admissions(search, drafting) : rectangles(search, floor, drafting)) {
      const plan = candidate(search, picks)
      const margin = best === base ? 1 + GAIN_MIN : 1
      if (plan.goodput > best.goodput * margin && affordable(search, plan, base)) best = kept(plan)
    }
  }
  const exploring = best === base && floor === 0 && input.draw < EXPLORE_SHARE
  return (exploring ? exploration(search, base) : undefined) ?? finish(search, best, false)
}

/**
 * Smallest gain in expected goodput for which drafting is preferred. Costs and survival were each seen to be wrong by
 * 3 to 6 % of what they then were, in drafting's favour.
 */
export const GAIN_MIN = 0.1
/** Share of steps judged not worth drafting that draft a little all the same, if credit allows. */
export const EXPLORE_SHARE = 0.02
export const EXPLORE_LOOKAHEAD = 2

interface Search extends StepInput {
  /** By sequence. */
  readonly offers: readonly (readonly Offer[])[]
  /** The cost table's answers for this batch so far: at 2 × rows, and behind it with a draft before. */
  readonly targetMs: number[]
}

/** Its picks are valid until the next one is looked at; see kept. */
interface Candidate {
  readonly picks: readonly Pick[]
  /** Most rows among the picks. */
  readonly rows: number
  readonly tokens: number
  readonly ms: number
  readonly goodput: number
}

/** Of one sequence there are no corners to save: then both ways are one, and the exact one is taken. */
function isRagged({ ragged = false, sequences }: StepInput): boolean {
  return ragged && sequences.length > 1
}

function* rectangles(search: Search, floor: number, drafting: readonly DraftArm[]) {
  const ceiling = Math.max(floor, Math.min(search.lookaheadMax, mostRows(search, drafting)))
  for (let rows = floor; rows <= ceiling; rows++) yield picksWithin(search, rows, drafting)
}

function picksWithin(search: Search, rows: number, drafting: readonly DraftArm[]): Pick[] {
  return search.offers.map((each) => pick(each, rows, drafting))
}

function candidate(search: Search, picks: readonly Pick[]): Candidate {
  const requests: { arm: DraftArm; lookahead: number }[] = []
  let longest = 0
  let all = 0
  let tokens = 0
  for (const { offer, rows, tokens: own } of picks) {
    longest = Math.max(longest, rows)
    all += rows
    tokens += own
    if (offer?.undrafted) requests.push({ arm: offer.undrafted, lookahead: offer.asked(rows) })
  }
  const drafted = search.drafted || requests.length > 0
  const draftMs = requests.length > 0 ? search.costs.draftsMs(requests) : 0
  const ms = targetMs(search, search.ragged ? all : longest, drafted) + draftMs
  return { picks, rows: longest, tokens, ms, goodput: tokens / ms }
}

function kept(plan: Candidate): Candidate {
  return { ...plan, picks: [...plan.picks] }
}

/** @param rows draft rows: of all sequences together in a ragged run, of each in a rectangle */
function targetMs(search: Search, rows: number, drafted: boolean): number {
  const { targetMs: known, costs, sequences, ragged } = search
  const at = 2 * rows + (drafted ? 1 : 0)
  const ms = known[at] ?? costs.targetMs(sequences.length, 1 + (ragged ? rows / sequences.length : rows), drafted)
  known[at] = ms
  return ms
}

/** Whether each tenant could pay for the step if nothing drafted by choice were accepted but what is certain to be. */
function affordable({ sequences }: Search, plan: Candidate, base: Candidate): boolean {
  return sequences.every(({ creditMs }, at) => plan.ms - base.ms <= creditMs + base.ms * certainTokens(plan.picks[at]))
}

/** Draft tokens that can't be rejected, as those that a grammar forces: each saves a step. */
function certainTokens({ offer, rows }: Pick = PLAIN): number {
  let tokens = 0
  while (tokens < rows && offer?.expected[tokens + 1] === tokens + 2) tokens++
  return offer?.undrafted === undefined ? tokens : 0
}

/**
 * A short look at proposals that were judged not worth it, where every tenant in the batch can afford it: what is
 * drafted, or one of the arms that could be asked, in turns.
 */
function exploration(search: Search, base: Candidate): StepPlan | undefined {
  const looks = [undefined, ...undraftedArms(search)]
  const first = Math.floor((search.draw / EXPLORE_SHARE) * looks.length)
  for (let turn = 0; turn < looks.length; turn++) {
    const arm = looks[(first + turn) % looks.length]
    const offers = search.offers.map((each) => each.filter(({ undrafted, combined }) => undrafted === arm && !combined))
    const rows = Math.min(EXPLORE_LOOKAHEAD, search.lookaheadMax)
    const plan = candidate(search, picksWithin({ ...search, offers }, rows, arm ? [arm] : []))
    if (plan.rows > 0 && affordable(search, plan, base)) return finish(search, plan, true)
  }
  return undefined
}

function finish(search: Search, { picks, rows, tokens, ms }: Candidate, explored: boolean): StepPlan {
  const { sequences } = search
  const plainMs = targetMs(search, 0, false)
  const forecast = {
    batch: sequences.length,
    lookahead: rows,
    expectedTokens: tokens,
    expectedMs: ms,
    plainMs,
    explored,
  }
  return { ...forecast, decisions: picks.map((each, at) => decisionOf(each, forecast, sequences[at]?.forced)) }
}

function mostForced({ offers }: Search): number {
  let most = 0
  for (const each of offers) for (const { exactly = 0 } of each) most = Math.max(most, exactly)
  return most
}

/** The longest offer of what is drafted or may be. */
function mostRows({ offers }: Search, drafting: readonly DraftArm[]): number {
  let most = 0
  for (const each of offers) {
    for (const { undrafted, expected } of each) {
      if (!undrafted || drafting.includes(undrafted)) most = Math.max(most, expected.length - 1)
    }
  }
  return most
}

function undraftedArms({ offers }: Search): DraftArm[] {
  const arms: DraftArm[] = []
  for (const each of offers) {
    for (const { undrafted } of each) if (undrafted && !arms.includes(undrafted)) arms.push(undrafted)
  }
  return arms
}

function subsets(arms: readonly DraftArm[]): DraftArm[][] {
  const sets: DraftArm[][] = [[]]
  for (const arm of arms) sets.push(...sets.map((set) => [...set, arm]))
  return sets
}
