import { FREE_OPINIONS, type FreeOpinion } from '../free-opinion.ts'

/**
 * What an arm would have accepted if it were asked now, by position, from what became of its tokens before.
 *
 * One instance belongs to one tenant and arm. It starts from the acceptance that the draft's card or an adapter's gate
 * measured. What a tenant's outcomes say of the first positions moves the later ones too, which are seldom reached: a
 * card of text that the draft knows would otherwise promise a long chain wherever the first token is doubtful. Outcomes
 * are counted by what the free arm said at their place, since a neural arm is asked where that one is unsure, and such
 * places are harder than most. Old outcomes fade within some hundred tokens.
 */
export class AcceptanceForecast {
  private readonly all = new PositionCounts()
  private readonly byOpinion = new Map(FREE_OPINIONS.map((opinion) => [opinion, new PositionCounts()]))
  /** By how much the tenant's text is easier than what the expectation was measured on, as a logit. */
  private ease = 0

  /** @param expected by position, the share of draft tokens expected to be taken if those before them were */
  constructor(private expected: readonly number[]) {}

  /** Something better than the card is known of this tenant; what its outcomes have shown stays. */
  expect(acceptance: readonly number[]): void {
    this.expected = acceptance
    this.ease = this.easeOf()
  }

  /** The target took or refused a draft token of this position, having taken those before it. */
  observe(position: number, taken: boolean, opinion?: FreeOpinion): void {
    const at = Math.min(position, POSITIONS - 1)
    this.all.add(at, taken)
    if (opinion) this.byOpinion.get(opinion)?.add(at, taken)
    this.ease = this.easeOf()
  }

  /**
   * survival[i]: chance that the first i + 1 tokens of a chain would be taken; never increasing.
   * @param opinion absent: nobody asked the free arm
   */
  survival(lookahead: number, opinion?: FreeOpinion): number[] {
    const own = opinion && this.byOpinion.get(opinion)
    let survival = 1
    return Array.from({ length: lookahead }, (_, position) => {
      const at = Math.min(position, POSITIONS - 1)
      const overall = this.all.mean(at, shifted(this.expectedAt(at), this.ease), EXPECTED_WEIGHT)
      survival *= own ? own.mean(at, overall, OVERALL_WEIGHT) : overall
      return survival
    })
  }

  private expectedAt(position: number): number {
    return this.expected[position] ?? this.expected.at(-1) ?? DEFAULT_ACCEPTANCE
  }

  /** The likeliest shift of all positions, given a Gaussian around none: two steps of Newton's method. */
  private easeOf(): number {
    let ease = this.ease
    for (let round = 0; round < 2; round++) {
      let [surprise, information] = [-ease / EASE_VARIANCE, 1 / EASE_VARIANCE]
      for (let at = 0; at < POSITIONS; at++) {
        const asked = this.all.asked(at)
        if (asked === 0) continue
        const chance = shifted(this.expectedAt(at), ease)
        surprise += this.all.taken(at) - asked * chance
        information += asked * chance * (1 - chance)
      }
      ease = Math.min(Math.max(ease + surprise / information, -EASE_MAX), EASE_MAX)
    }
    return ease
  }
}

/** Fading counts of what was asked and taken, by position. */
class PositionCounts {
  private readonly askedAt = new Float64Array(POSITIONS)
  private readonly takenAt = new Float64Array(POSITIONS)

  asked(at: number): number {
    return this.askedAt[at] ?? 0
  }

  taken(at: number): number {
    return this.takenAt[at] ?? 0
  }

  add(at: number, taken: boolean): void {
    this.askedAt[at] = this.asked(at) * FADE + 1
    this.takenAt[at] = this.taken(at) * FADE + (taken ? 1 : 0)
  }

  /** Drawn to `prior` while there are few. */
  mean(at: number, prior: number, weight: number): number {
    return (this.taken(at) + weight * prior) / (this.asked(at) + weight)
  }
}

const POSITIONS = 16
const FADE = 0.985
const EXPECTED_WEIGHT = 12
const OVERALL_WEIGHT = 12
const DEFAULT_ACCEPTANCE = 0.5
const EASE_VARIANCE = 0.3
const EASE_MAX = 4

/** The chance whose logit is so much larger. */
function shifted(chance: number, logit: number): number {
  if (logit === 0) return chance
  const odds = (Math.min(chance, 1 - LEAST) / Math.max(1 - chance, LEAST)) * Math.exp(logit)
  return odds / (1 + odds)
}

const LEAST = 1e-6
