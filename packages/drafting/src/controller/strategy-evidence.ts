import { FREE_OPINIONS, type FreeOpinion } from '../free-opinion.ts'

/**
 * What a strategy is compared with: drafting at all with plain decoding, or, by what the free arm says of a place,
 * asking the arms that have a price with verifying what is free.
 */
export type StrategyQuestion = 'draft' | FreeOpinion
/** Whether it is surely worth it, surely not, about as good as the other, or too seldom tried to say. */
export type StrategyAdvice = 'take' | 'skip' | 'plan' | 'unknown'

/** What taking a strategy added to a step, against the other one at the same place. */
export interface StrategyOutcome {
  readonly tokens: number
  readonly ms: number
  /** What the other would have taken: outcomes are shares of it, so that targets of any size are alike. */
  readonly otherMs: number
}

/**
 * What strategies turned out to be worth: planning is a model, and this is its check. It needs no forecast and no
 * confidence, only what steps committed and took.
 *
 * The target's answer says what the free arm alone, or plain decoding, would have committed at the very same place, so
 * two strategies are compared step by step: the tokens that one added, at what a token takes lately, against the
 * milliseconds that it added. That is one step of policy improvement (Howard 1960), and since the places are the same it
 * tells a difference of some percent within some dozen steps, where comparing the goodput of different stretches of
 * text would take thousands. Evidence is kept by whom it concerns (a tenant, or all batches of a size), and fades, so
 * that what was surely worse is tried again.
 */
export class StrategyEvidence {
  private readonly owners = new Map<string, Owner>()

  constructor(private readonly ownersMax = 4_096) {}

  advice(owner: string, question: StrategyQuestion): StrategyAdvice {
    const evidence = this.owners.get(owner)?.evidence.get(question)
    return evidence ? verdictOf(evidence) : 'unknown'
  }

  /** After a step that concerned them: what was seen of them grows old. */
  step(owners: Iterable<string>, ms: number, tokens: number): void {
    for (const owner of new Set(owners)) {
      const { evidence, pace } = this.of(owner)
      for (const each of evidence.values()) each.scale(AGE_KEPT)
      pace.ms = PACE_KEPT * pace.ms + ms
      pace.tokens = PACE_KEPT * pace.tokens + tokens
    }
  }

  /** Tell of a step before it is learned from: what a token is worth is what one took until then. */
  learn(owner: string, question: StrategyQuestion, { tokens, ms, otherMs }: StrategyOutcome): void {
    const { evidence, pace } = this.of(owner)
    const gain = (tokens * (pace.ms / pace.tokens) - ms) / otherMs
    if (Number.isFinite(gain)) evidence.get(question)?.add(Math.min(Math.max(gain, -GAIN_MAX), GAIN_MAX))
  }

  /** An owner, and those who are named under it: `owner\n…`. */
  forget(owner: string): void {
    for (const name of this.owners.keys()) {
      if (name === owner || name.startsWith(`${owner}\n`)) this.owners.delete(name)
    }
  }

  private of(owner: string): Owner {
    const known = this.owners.get(owner) ?? newOwner()
    this.owners.delete(owner)
    this.owners.set(owner, known)
    for (const idle of this.owners.keys()) {
      if (this.owners.size <= this.ownersMax) break
      this.owners.delete(idle)
    }
    return known
  }
}

/** What is known of one tenant, or of all batches of a size. */
interface Owner {
  readonly evidence: ReadonlyMap<StrategyQuestion, Evidence>
  /** Fading sums over its steps: what a token takes. */
  readonly pace: { ms: number; tokens: number }
}

const QUESTIONS: readonly StrategyQuestion[] = ['draft', ...FREE_OPINIONS]

function newOwner(): Owner {
  const evidence = new Map(QUESTIONS.map((question) => [question, new Evidence()]))
  return { evidence, pace: { ms: 0, tokens: 0 } }
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

function verdictOf(evidence: Evidence): StrategyAdvice {
  if (evidence.count < COUNT_MIN) return 'unknown'
  const { mean, error } = evidence
  if (mean + SURE * error < 0) return 'skip'
  return mean - SURE * error > 0 ? 'take' : 'plan'
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
const GAIN_MAX = 4
const VARIANCE_MIN = 0.01
