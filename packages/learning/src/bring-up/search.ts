/** What a candidate was found to be worth after so many steps. */
export interface Judgement {
  readonly candidate: string
  readonly step: number
  /** Expected tokens per millisecond on the requests that select. */
  readonly goodput: number
}

export type SearchMove =
  | { readonly kind: 'train'; readonly candidate: string; readonly until: number; readonly rung: number }
  | { readonly kind: 'decide'; readonly winner: string; readonly runnerUp: string | null }

/**
 * Successive halving (Jamieson & Talwalkar 2016): all candidates are trained to the first rung, the better half of them
 * goes on to the second, which is twice as far, and so on; the last two are trained to the end, so that what is chosen
 * was measured where it will be used. What comes next is a function of what was judged so far and of nothing else: a
 * search that was stopped anywhere goes on as it would have. The better of two equals is the one that is named first.
 */
export function nextMove(candidates: readonly string[], steps: number, judged: readonly Judgement[]): SearchMove {
  let alive = candidates
  for (const [rung, until] of rungsOf(candidates.length, steps).entries()) {
    const results = new Map(
      judged.flatMap(({ candidate, step, goodput }) => (step === until ? [[candidate, goodput]] : [])),
    )
    const open = alive.find((candidate) => !results.has(candidate))
    if (open !== undefined) return { kind: 'train', candidate: open, until, rung }
    const worth = (candidate: string) => results.get(candidate) ?? 0
    const ranked = [...alive].sort((a, b) => worth(b) - worth(a))
    const [winner, runnerUp = null] = ranked
    if (winner !== undefined && until === steps) return { kind: 'decide', winner, runnerUp }
    alive = ranked.slice(0, Math.ceil(ranked.length / 2))
  }
  throw new RangeError('there is no candidate')
}

/** Steps at which candidates are judged: each twice the one before, the last one the end. */
export function rungsOf(candidates: number, steps: number): number[] {
  const halvings = halvingsOf(candidates)
  return Array.from({ length: halvings + 1 }, (_, rung) => Math.floor(steps / 2 ** (halvings - rung)))
}

/**
 * The most steps whose search surely takes no longer than that, whichever candidates turn out to be good: at each rung
 * those that are left are taken for the slowest. Never less than the first rung needs, nor more than `most`.
 *
 * @param msPerStep of each candidate
 */
export function stepsWithin(budgetMs: number, msPerStep: readonly number[], most: number): number {
  const slowest = [...msPerStep].sort((a, b) => b - a)
  const halvings = halvingsOf(msPerStep.length)
  let [perStep, left] = [0, slowest.length]
  for (let rung = 0; rung <= halvings; rung++) {
    const share = rung === 0 ? 2 ** -halvings : 2 ** (rung - 1 - halvings)
    perStep += share * slowest.slice(0, left).reduce((sum, ms) => sum + ms, 0)
    left = Math.ceil(left / 2)
  }
  const least = STEPS_MIN * 2 ** halvings
  return Math.max(least, Math.min(most, Math.floor(budgetMs / perStep)))
}

/** Fewer before the first look say nothing. */
export const STEPS_MIN = 4

/** Until two are left. */
function halvingsOf(candidates: number): number {
  return Math.max(0, Math.ceil(Math.log2(candidates)) - 1)
}
