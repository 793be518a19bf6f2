import type { PromotionRules } from '../rules.ts'
import type { Trial } from '../state.ts'
import { type PairedGain, type PairedRequest, pairedGain } from './bootstrap.ts'

/** What is known of a draft on trial, and at which of the looks. */
export interface TrialEvidence extends Pick<Trial, 'requests' | 'over'> {
  /** So many requests opened this look; 0 before the first one. */
  readonly look: number
}

/**
 * What requests say of a candidate so far, over each rival. A bound that is asked for after every request is passed
 * sooner or later by any draft, so evidence is looked at a few times only: at half the requests that a stage needs, to
 * find what is clearly worse, when they are there, and whenever they have doubled since. Between two looks nothing
 * changes but their number.
 *
 * @param rivals the requests that compare it with each of what the tenant could have instead
 */
export function evidenceOf(
  stage: Trial['stage'],
  rivals: Readonly<Record<string, readonly PairedRequest[]>>,
  before: TrialEvidence | null,
  rules: PromotionRules,
  random: { uniform(): number },
): TrialEvidence {
  const counts = Object.values(rivals).map(({ length }) => length)
  const count = counts.length === 0 ? 0 : Math.min(...counts)
  const needed = neededOf(stage, rules)
  const look = lookOf(count, needed)
  if (look === 0) return { look, requests: count, over: {} }
  if (before?.look === look) return { ...before, requests: count < needed ? count : before.requests }
  const over: Record<string, PairedGain> = {}
  for (const [rival, pairs] of Object.entries(rivals)) over[rival] = pairedGain(pairs, random)
  return { look, requests: count, over }
}

/** Requests that a stage judges at least. */
export function neededOf(stage: Trial['stage'], rules: PromotionRules): number {
  return stage === 'shadow' ? rules.shadowRequests : rules.canaryRequests
}

/** The last of the looks that so many requests have opened; 0: none. */
function lookOf(requests: number, needed: number): number {
  if (requests < needed / 2) return 0
  return (needed / 2) * 2 ** Math.floor(Math.log2(requests / (needed / 2)))
}

export interface Unjudged {
  /** Requests that a shadow was judged by so far. */
  readonly requests: number
  /** Trace tokens that came since, and what a request of its tenant has on average; 0 where that is not known. */
  readonly tokens: number
  readonly tokensPerRequest: number
}

/**
 * Whether a shadow is to be compared again on what came since: when that is enough for the next look, as far as tokens
 * tell. A judgement opens the target, which is dear beside the few requests that it plays.
 */
export function isJudgementDue({ requests, tokens, tokensPerRequest }: Unjudged, rules: PromotionRules): boolean {
  const needed = rules.shadowRequests
  const next = requests < needed ? needed : 2 * lookOf(requests, needed)
  return tokens > 0 && tokens >= Math.min(TOKENS_ENOUGH, tokensPerRequest * (next - requests))
}

/** Of very long requests a judgement reads no more at once. */
const TOKENS_ENOUGH = 20_000
