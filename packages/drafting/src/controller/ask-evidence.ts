import { FREE_OPINIONS, type FreeOpinion } from '../free-opinion.ts'

/** Whether asking the arms that have a price is surely worth it, surely not, or for the plan to say. */
export type AskAdvice = 'ask' | 'skip' | 'plan'

/** One sequence's share of a step in which an arm that has a price drafted for it, as it turned out. */
export interface AskOutcome {
  readonly opinion: FreeOpinion
  /** Tokens committed, and those that the free arm's proposal alone would have committed at the same place. */
  readonly tokens: number
  readonly freeTokens: number
  /** What the step took, pauses of the machine left out, and what it would have been expected to take without them. */
  readonly ms: number
  readonly freeExpectedMs: number
  /** Sequences that had drafts in this step, and share what they took. */
  readonly sharers: number
}

/**
 * What asking turned out to be worth: planning is a model, and this is its check. It needs no forecast, no confidence
 * and no price list, only what steps committed and took.
 *
 * Where a neural arm drafted, the target's answer says what the free arm alone would have committed at the very same
 * place, so both strategies are compared step by step: the tokens that asking added, at what a token takes lately,
 * against the milliseconds that it added. That is one step of policy improvement (Howard 1960), and since the places are
 * the same it tells a difference of some percent within some dozen steps, where comparing the goodput of different
 * stretches of text would take thousands. Evidence is kept by tenant and by what the free arm had said, and fades, so
 * that what was surely worse is tried again.
 */
export class AskEvidence {
  private readonly tenants = new Map<string, Map<FreeOpinion, Evidence>>()
  /** Fading sums over all steps, and over those in which nothing that has a price drafted. */
  private readonly all = { ms: 0, tokens: 0 }
  private readonly free = { ms: 0, expectedMs: 0 }

  constructor(private readonly tenantsMax = 4_096) {}

  advice(tenant: string, opinion: FreeOpinion): AskAdvice {
    const evidence = this.tenants.get(tenant)?.get(opinion)
    return evidence ? verdictOf(evidence) : 'plan'
  }

  /**
   * After a step of these tenants: what was seen of them grows old.
   * @param expectedMs of a step in which nothing that has a price drafted; absent for others
   */
  step(tenants: Iterable<string>, ms: number, tokens: number, expectedMs?: number): void {
    for (const tenant of new Set(tenants)) {
      for (const evidence of this.tenants.get(tenant)?.values() ?? []) evidence.scale(AGE_KEPT)
    }
    this.all.ms = PACE_KEPT * this.all.ms + ms
    this.all.tokens = PACE_KEPT * this.all.tokens + tokens
    if (expectedMs === undefined) return
    this.free.ms = PACE_KEPT * this.free.ms + ms
    this.free.expectedMs = PACE_KEPT * this.free.expectedMs + expectedMs
  }

  learn(tenant: string, { opinion, tokens, freeTokens, ms, freeExpectedMs, sharers }: AskOutcome): void {
    const freeMs = freeExpectedMs * ((this.free.ms + freeExpectedMs) / (this.free.expectedMs + freeExpectedMs))
    const msPerToken = (this.all.ms + ms) / (this.all.tokens + tokens)
    const gainMs = (tokens - freeTokens) * msPerToken - (ms - freeMs) / sharers
    const share = gainMs / freeMs // of a step, so that targets of any size are alike
    if (!Number.isFinite(share)) return
    this.of(tenant)
      .get(opinion)
      ?.add(Math.min(Math.max(share, -SHARE_MAX), SHARE_MAX))
  }

  forget(tenant: string): void {
    this.tenants.delete(tenant)
  }

  private of(tenant: string): Map<FreeOpinion, Evidence> {
    const known = this.tenants.get(tenant) ?? new Map(FREE_OPINIONS.map((opinion) => [opinion, new Evidence()]))
    this.tenants.delete(tenant)
    this.tenants.set(tenant, known)
    for (const idle of this.tenants.keys()) {
      if (this.tenants.size <= this.tenantsMax) break
      this.tenants.delete(idle)
    }
    return known
  }
}

/** Fading sums of a quantity and its square. */
class Evidence {
  count = 0
  private sum = 0
  private squares = 0

  add(value: number): void {
    this.scale(OUTCOME_KEPT)
    this.count++
    this.sum += value
    this.squares += value * value
  }

  scale(factor: number): void {
    this.count *= factor
    this.sum *= factor
    this.squares *= factor
  }

  get mean(): number {
    return this.sum / this.count
  }

  get error(): number {
    const variance = Math.max(VARIANCE_MIN, this.squares / this.count - this.mean ** 2)
    return Math.sqrt(variance / this.count)
  }
}

function verdictOf(evidence: Evidence): AskAdvice {
  if (evidence.count < COUNT_MIN) return 'plan'
  const { mean, error } = evidence
  if (mean + SURE * error < 0) return 'skip'
  return mean - SURE * error > 0 ? 'ask' : 'plan'
}

/** The last hundred outcomes or so count. */
const OUTCOME_KEPT = 0.99
/** Of a verdict half is left after some 350 steps. */
const AGE_KEPT = 0.998
const PACE_KEPT = 0.99
const COUNT_MIN = 12
/** Standard errors: the verdict is asked for at each step, hence more than for a single test. */
const SURE = 2.3
/** One step must not outweigh a hundred. */
const SHARE_MAX = 4
const VARIANCE_MIN = 0.01
