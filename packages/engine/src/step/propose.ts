import {
  type ArmRequest,
  type DraftRequest,
  type Forecast,
  type FreeOpinion,
  freeOpinionOf,
  type Proposal,
  type Speculator,
  SURVIVAL_MIN,
} from '@foretoken/drafting'
import type { Sequence } from '../sequence.ts'
import { goOnWithin, offerForced, withinConstraint } from './constrained.ts'
import type { DecodeContext } from './context.ts'
import type { Offers } from './offers.ts'
import { outlookOf } from './outlook.ts'

/**
 * Proposals of the arms that are free, forecasts of the others; nothing for a sequence that backs off or can't afford it,
 * nor for any where drafting turned out to be worth less than it takes.
 */
export async function openOffers(batch: readonly Sequence[], ctx: DecodeContext): Promise<Offers[]> {
  const { survivalMin, affordable, worthless } = outlookOf(batch, ctx)
  const quiet = ({ isFree, backOff }: Sequence) => isFree && (backOff.stepsLeft > 0 || !affordable || worthless)
  const offers = batch.map((): Offers => ({ proposals: new Map(), forecasts: [] }))
  const eager = ctx.speculators.flatMap((speculator) => (speculator.eager ? speculator.arms : []))
  const requests = batch.flatMap((sequence, index) => {
    const { arm: wanted, lookahead } = sequence.job.request.speculation
    const arms = quiet(sequence) ? [] : eager.filter((arm) => wanted === 'auto' || wanted === arm)
    const free = lookahead === undefined ? { lookahead: ctx.lookaheadMax, survivalMin } : { lookahead }
    return arms.map((arm) => ({ sequence: index, arm, ...free }))
  })
  await propose(batch, requests, offers, ctx)
  for (const [index, sequence] of batch.entries()) {
    const own = offers[index]
    if (!own) continue
    if (sequence.constraint) failAlone(sequence, ctx, () => offerWithin(sequence, own, ctx, quiet(sequence)))
    if (quiet(sequence)) continue
    if (eager.length > 0 && sequence.isFree) own.opinion = freeOpinionOf(surest(own.proposals.values()))
    own.forecasts = forecastsOf(sequence, own.opinion, survivalMin, ctx)
  }
  return offers
}

/** What a constraint forces is never wrong, so it is offered also where nothing else is worth drafting. */
function offerWithin(sequence: Sequence, own: Offers, ctx: DecodeContext, quiet: boolean): void {
  const { lookahead = ctx.lookaheadMax } = sequence.job.request.speculation
  offerForced(sequence, own, Math.min(lookahead, ctx.lookaheadMax, sequence.lookaheadMax))
  goOnWithin(sequence, own, ctx, quiet)
}

/** A constraint that can't go on fails its request, and nobody else's. */
function failAlone<Result>(sequence: Sequence, ctx: DecodeContext, work: () => Result): Result | undefined {
  try {
    return work()
  } catch (cause) {
    ctx.onSequenceError(sequence, cause)
    return undefined
  }
}

function surest(proposals: Iterable<Proposal>): readonly number[] | undefined {
  let best: readonly number[] | undefined
  for (const { survival } of proposals) if ((survival[0] ?? 0) > (best?.[0] ?? 0)) best = survival
  return best
}

/**
 * Has each speculator draft for all that ask it, in one call, and adds what it proposes to `offers`.
 * @returns milliseconds spent in the calls of speculators that are not eager
 */
export async function propose(
  batch: readonly Sequence[],
  requests: readonly (ArmRequest & Pick<DraftRequest, 'survivalMin'>)[],
  offers: readonly Offers[],
  ctx: DecodeContext,
): Promise<number> {
  let draftMs = 0
  for (const [place, speculator] of ctx.speculators.entries()) {
    const own = requests.flatMap((request) => {
      const sequence = batch[request.sequence]
      const session = sequence?.drafts[place]
      const lookaheadMax = Math.min(request.lookahead, ctx.lookaheadMax, sequence?.lookaheadMax ?? 0)
      if (!session || lookaheadMax <= 0 || !speculator.arms.includes(request.arm)) return []
      return [{ ...request, session, lookaheadMax }]
    })
    if (own.length === 0) continue
    const started = ctx.clock()
    const proposals = await answersOf(speculator, own, ctx)
    for (const [at, { sequence, arm, lookaheadMax }] of own.entries()) {
      const proposal = usable(proposals[at], lookaheadMax, ctx.target.shape.vocabularySize)
      const possible = proposal && possibleFor(batch[sequence], proposal, ctx)
      if (possible) offers[sequence]?.proposals.set(arm, possible)
    }
    if (speculator.eager) continue
    const ms = ctx.clock() - started
    draftMs += ms
    ctx.costs.observeDrafts(
      own.map(({ arm, lookaheadMax }) => ({ arm, lookahead: lookaheadMax })),
      ms,
    )
  }
  return draftMs
}

function possibleFor(sequence: Sequence | undefined, proposal: Proposal, ctx: DecodeContext): Proposal | undefined {
  const { constraint } = sequence ?? {}
  return sequence && constraint ? failAlone(sequence, ctx, () => withinConstraint(proposal, constraint)) : proposal
}

/**
 * Where a chain that had a price ends, what is free goes on from it: the index does not know a value that is new, but
 * what always follows it.
 */
export function goOn(batch: readonly Sequence[], offers: readonly Offers[], ctx: DecodeContext): void {
  for (const [index, sequence] of batch.entries()) {
    const own = offers[index]
    if (!own || !sequence.isFree) continue
    if (sequence.constraint) {
      failAlone(sequence, ctx, () => goOnWithin(sequence, own, ctx, false))
      continue
    }
    const { proposals } = own
    const lookaheadMax = Math.min(ctx.lookaheadMax, sequence.lookaheadMax)
    for (const [place, speculator] of ctx.speculators.entries()) {
      if (!speculator.eager) continue
      for (const [arm, proposal] of proposals) {
        const { tokens, survival, alternatives = [] } = proposal
        if (speculator.arms.includes(arm) || tokens.length >= lookaheadMax) continue
        const next = sequence.drafts[place]?.continued?.(tokens, lookaheadMax - tokens.length)
        if (!next || next.tokens.length === 0) continue
        const above = survival.at(-1) ?? 0
        const more = { after: tokens.length, tokens: next.tokens, survival: next.survival.map((each) => above * each) }
        proposals.set(arm, { ...proposal, alternatives: [...alternatives, more] })
      }
    }
  }
}

function forecastsOf(
  sequence: Sequence,
  opinion: FreeOpinion | undefined,
  survivalMin: number,
  ctx: DecodeContext,
): Forecast[] {
  const { arm, lookahead } = sequence.job.request.speculation
  const lookaheadMax = Math.min(lookahead ?? ctx.lookaheadMax, ctx.lookaheadMax, sequence.lookaheadMax)
  if (arm === 'none' || lookaheadMax <= 0) return []
  return ctx.speculators.flatMap((speculator, place) => {
    if (speculator.eager) return []
    const forecasts = sequence.drafts[place]?.forecasts(lookaheadMax, opinion) ?? []
    return (arm === 'auto' ? best(forecasts) : forecasts).map((forecast) => ({
      arm: forecast.arm,
      survival: worthAsking(probabilities(forecast.survival, lookaheadMax), sequence.isFree ? survivalMin : 0),
    }))
  })
}

/** Planning need not weigh what no plan would ask for; a first token is always there to be tried. */
function worthAsking(survival: number[], survivalMin: number): number[] {
  const end = survival.findIndex((each, depth) => depth > 0 && each < survivalMin)
  return end < 0 ? survival : survival.slice(0, end)
}

/**
 * One speculator's arms share their strengths: the controller need not weigh the lesser one at every step. They are
 * compared by what would be asked of them: tokens that are hardly ever reached decide nothing.
 */
function best(forecasts: readonly Forecast[]): readonly Forecast[] {
  if (forecasts.length < 2) return forecasts
  const worth = ({ survival }: Forecast) => survival.reduce((sum, each) => sum + (each >= SURVIVAL_MIN ? each : 0), 0)
  return [forecasts.reduce((one, other) => (worth(other) > worth(one) ? other : one))]
}

async function answersOf(
  speculator: Speculator,
  requests: readonly DraftRequest[],
  ctx: DecodeContext,
): Promise<readonly Proposal[]> {
  try {
    return await speculator.propose(requests)
  } catch (cause) {
    ctx.onDraftError(speculator, cause)
    return []
  }
}

/** A proposal as the step may rely on it: tokens of the vocabulary, no more than asked, survival that is one. */
function usable(proposal: Proposal | undefined, lookaheadMax: number, vocabulary: number): Proposal | undefined {
  if (!proposal) return undefined
  const { tokens, survival, version, alternatives = [] } = proposal
  const length = usableLength(tokens, survival, lookaheadMax, vocabulary)
  if (length === 0) return undefined
  const own = { tokens: tokens.slice(0, length), survival: probabilities(survival, length), version }
  const others = alternatives.flatMap(({ after, tokens, survival }) => {
    const usable = usableLength(tokens, survival, lookaheadMax - after, vocabulary)
    if (!(after >= 0 && after <= length) || usable === 0 || tokens[0] === own.tokens[after]) return []
    const above = after > 0 ? own.survival[after - 1] : 1
    return { after, tokens: tokens.slice(0, usable), survival: probabilities(survival, usable, above) }
  })
  return others.length === 0 ? own : { ...own, alternatives: others }
}

/** Up to the first that is no token. */
function usableLength(
  tokens: readonly number[],
  survival: readonly number[],
  lookaheadMax: number,
  vocabulary: number,
): number {
  const wrong = tokens.findIndex((token) => !(Number.isInteger(token) && token >= 0 && token < vocabulary))
  return Math.max(0, Math.min(wrong < 0 ? tokens.length : wrong, survival.length, lookaheadMax))
}

/** In [0, most] and never increasing, whatever an arm believes. */
function probabilities(survival: readonly number[], length: number, most = 1): number[] {
  return survival.slice(0, length).map((each) => {
    most = each < most ? Math.max(0, each) : each >= most ? most : 0
    return most
  })
}
