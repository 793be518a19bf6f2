import type { Alternative, Proposal } from '@foretoken/drafting'
import type { ConstrainedText } from '../constraint/index.ts'
import type { Sequence } from '../sequence.ts'
import type { DecodeContext } from './context.ts'
import type { Offers } from './offers.ts'

/**
 * A proposal as far as the text may follow it: what comes behind a token that is refused can't be committed, so its rows
 * would be run for nothing.
 */
export function withinConstraint(proposal: Proposal, text: ConstrainedText): Proposal | undefined {
  const length = text.accepted(proposal.tokens)
  if (length === 0) return undefined
  const { survival, version, alternatives = [] } = proposal
  const tokens = proposal.tokens.slice(0, length)
  const others = alternatives.flatMap((each): Alternative[] => {
    if (each.after > length) return []
    const kept = text.accepted([...tokens.slice(0, each.after), ...each.tokens]) - each.after
    return kept > 0 ? [{ ...each, tokens: each.tokens.slice(0, kept), survival: each.survival.slice(0, kept) }] : []
  })
  return { tokens, survival: survival.slice(0, length), version, ...(others.length > 0 && { alternatives: others }) }
}

/** Adds the tokens that have to follow, as the proposal of an arm that is free and never wrong. */
export function offerForced(sequence: Sequence, offers: Offers, lookaheadMax: number): void {
  const { constraint, job } = sequence
  const { arm } = job.request.speculation
  if (!constraint || lookaheadMax <= 0 || (arm !== 'auto' && arm !== 'grammar')) return
  const tokens = constraint.forcedAfter([]).slice(0, lookaheadMax)
  if (tokens.length === 0) return
  offers.proposals.set('grammar', { tokens, survival: tokens.map(() => 1), version: null })
}

/**
 * Where a chain ends, or was cut, the text goes on with what has to follow there, and behind that with what is free to
 * propose: from one value to the next, whose key nobody has to guess.
 */
export function goOnWithin(sequence: Sequence, offers: Offers, ctx: DecodeContext, quiet = false): void {
  const { constraint } = sequence
  if (!constraint || !sequence.isFree) return
  const lookaheadMax = Math.min(ctx.lookaheadMax, sequence.lookaheadMax)
  for (const [arm, proposal] of offers.proposals) {
    const { tokens, survival, alternatives = [] } = proposal
    const after = tokens.length
    if (alternatives.some((each) => each.after === after)) continue
    const more = continuation(sequence, constraint, proposal, lookaheadMax, quiet ? undefined : ctx)
    if (more.tokens.length === 0) continue
    const above = survival.at(-1) ?? 1
    const next = { after, tokens: more.tokens, survival: more.survival.map((each) => above * each) }
    offers.proposals.set(arm, { ...proposal, alternatives: [...alternatives, next] })
  }
}

/** @returns survival given that the chain survives */
function continuation(
  sequence: Sequence,
  text: ConstrainedText,
  chain: Proposal,
  lookaheadMax: number,
  ctx: DecodeContext | undefined,
): Pick<Proposal, 'tokens' | 'survival'> {
  const whole = [...chain.tokens]
  const survival: number[] = []
  for (let turn = 0; turn < TURNS_MAX; turn++) {
    const before = whole.length
    const above = survival.at(-1) ?? 1
    const forced = text.forcedAfter(whole).slice(0, lookaheadMax - before)
    whole.push(...forced)
    survival.push(...forced.map(() => above))
    const next = ctx && guessed(sequence, text, whole, lookaheadMax - whole.length, ctx)
    whole.push(...(next?.tokens ?? []))
    survival.push(...(next?.survival ?? []).map((each) => above * each))
    if (whole.length === before || whole.length >= lookaheadMax) break
  }
  return { tokens: whole.slice(chain.tokens.length), survival }
}

/** A key and its value each, until the lookahead is used up. */
const TURNS_MAX = 4

/** What a free arm expects behind these tokens, as far as the text may follow it. */
function guessed(
  sequence: Sequence,
  text: ConstrainedText,
  tokens: readonly number[],
  lookaheadMax: number,
  ctx: DecodeContext,
): Pick<Proposal, 'tokens' | 'survival'> | undefined {
  if (lookaheadMax <= 0) return undefined
  for (const [place, speculator] of ctx.speculators.entries()) {
    const next = speculator.eager ? sequence.drafts[place]?.continued?.(tokens, lookaheadMax) : undefined
    if (!next || next.tokens.length === 0) continue
    const kept = Math.max(0, text.accepted([...tokens, ...next.tokens]) - tokens.length)
    return { tokens: next.tokens.slice(0, kept), survival: next.survival.slice(0, kept) }
  }
  return undefined
}
