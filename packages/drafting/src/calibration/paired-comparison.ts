/**
 * Whether a tenant's adaptive draft is worth more than the static one, judged on steps where both drafted: the
 * differences of how many tokens each would have had accepted. Pairing removes what makes acceptance noisy (some text
 * is easy for both), so some dozens of steps tell.
 *
 * The verdict is a function of the differences seen. A new adapter is on probation and is compared whenever it can be;
 * later one time in COMPARE_EVERY, so that a tenant whose traffic drifts away from its adapter is noticed too. It goes
 * - at any time, when it is surely worse: the mean of the latest differences is below zero by SURE standard errors, with
 *   one step imagined that it won by the most there is, since a rare large gain may not have come yet;
 * - at the end of probation, when it has won nothing, as far as one standard error tells: it was promoted for being
 *   better.
 *
 * One that is barely better must survive this for weeks, while one that is worse only costs its drafts until it goes
 * (the controller chooses by what each arm had accepted), so doubts are decided in its favour.
 */
export class PairedComparison {
  private steps = 0
  private asked = 0
  private readonly recent: number[] = []

  /** Whether the chain that is about to be drafted should be compared. Counts how often it was asked. */
  wants(): boolean {
    return this.steps < PROBATION_STEPS || this.asked++ % COMPARE_EVERY === 0
  }

  /** @param difference accepted tokens, adaptive less static */
  observe(difference: number): void {
    this.steps++
    this.recent.push(Math.max(-DIFFERENCE_MAX, Math.min(DIFFERENCE_MAX, difference)))
    if (this.recent.length > PROBATION_STEPS) this.recent.shift()
  }

  /** Tokens a step that it won lately, on average; undefined while few steps were compared. */
  get gain(): number | undefined {
    return this.steps < STEPS_MIN ? undefined : statistics(this.recent).mean
  }

  verdict(): ComparisonVerdict {
    if (this.steps < STEPS_MIN) return { keep: true }
    const { mean, error } = statistics(this.recent)
    const doubted = statistics([...this.recent, DIFFERENCE_MAX])
    const surelyWorse = doubted.mean + SURE * doubted.error < 0
    const hasWonNothing = this.steps === PROBATION_STEPS && mean + error <= 0
    if (!surelyWorse && !hasWonNothing) return { keep: true }
    const figure = mean < 0 ? `${Math.abs(mean).toFixed(2)} tokens a step fewer` : 'no more'
    const reason = `Over ${this.recent.length} steps the target took ${figure} of it than of the static draft.`
    return { keep: false, reason }
  }
}

export type ComparisonVerdict = { readonly keep: true } | { readonly keep: false; readonly reason: string }

/** Also how many differences are remembered. */
export const PROBATION_STEPS = 96
export const COMPARE_EVERY = 8
const STEPS_MIN = 16
/** Standard errors below zero. The verdict is asked for at each step, hence more than for a single test. */
const SURE = 2.8
const DIFFERENCE_MAX = 4

function statistics(values: readonly number[]): { mean: number; error: number } {
  const mean = values.reduce((sum, each) => sum + each, 0) / values.length
  const variance = values.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (values.length - 1)
  return { mean, error: Math.sqrt(variance / values.length) }
}
