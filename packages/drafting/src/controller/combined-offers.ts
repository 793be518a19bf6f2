/**
 * What an arm that has not drafted yet may add beside what is drafted. Whether the two will agree is not known, so the
 * chance that at least one of them is right at a depth is taken halfway (INDEPENDENCE) between arms that are right
 * together as far as they can be, and arms whose mistakes have nothing to do with one another.
 *
 * @param gains what each further row of the drafted tree adds to the expected tokens, best first
 * @param drafted chance that what is drafted survives to each depth
 * @param forecast the same of the arm to be asked
 * @returns expected[r]: expected tokens with r draft rows; asked[r]: how many of them the arm is asked for
 */
export function combinedTokens(
  gains: readonly number[],
  drafted: readonly number[],
  forecast: readonly number[],
): { expected: number[]; asked: number[] } {
  const own = sums(gains)
  const added = sums(forecast.map((each, depth) => addition(each, drafted[depth] ?? 0)))
  const expected: number[] = []
  const asked: number[] = []
  for (let rows = 0; rows <= gains.length + forecast.length; rows++) {
    let best = 0
    let share = 0
    for (let to = Math.max(0, rows - gains.length); to <= Math.min(rows, forecast.length); to++) {
      const tokens = (own[rows - to] ?? 0) + (added[to] ?? 0)
      if (tokens <= best) continue
      best = tokens
      share = to
    }
    expected.push(1 + best)
    asked.push(share)
  }
  return { expected, asked }
}

/** 0: arms are always right together as far as they can be; 1: each is right by its own luck. */
const INDEPENDENCE = 0.5

function addition(forecast: number, drafted: number): number {
  const alone = Math.max(0, forecast - drafted)
  return alone + INDEPENDENCE * (Math.min(forecast, drafted) - forecast * drafted)
}

/** sums[n] of the first n values. */
function sums(values: readonly number[]): number[] {
  const sums = [0]
  let sum = 0
  for (const value of values) {
    sum += value
    sums.push(sum)
  }
  return sums
}
