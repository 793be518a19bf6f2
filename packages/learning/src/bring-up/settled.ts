import type { CostPoint } from '@foretoken/drafting'

/**
 * Measures several things in rounds until the lowest of all rounds stay where they are: other load on the machine only
 * ever adds, so on a busy one it takes longer to see what a run takes, and on an idle one three rounds.
 */
export async function settled(measure: () => Promise<readonly CostPoint[][]>): Promise<CostPoint[][]> {
  let costs = (await measure()).map((each) => lowest([each]))
  for (let [round, quiet] = [1, 0]; round < ROUNDS_MAX && quiet < QUIET_ROUNDS; round++) {
    const again = await measure()
    const next = costs.map((each, at) => lowest([each, again[at] ?? []]))
    const fell = next.some((each, at) => each.some(({ ms }, place) => ms < FALL * (costs[at]?.[place]?.ms ?? 0)))
    quiet = fell ? 0 : quiet + 1
    costs = next
  }
  return costs
}

const ROUNDS_MAX = 40
/** Rounds in which nothing fell by more than that. */
const QUIET_ROUNDS = 2
const FALL = 0.97

/**
 * The lowest that was measured of each point of the first of these, and of all that are larger: less work takes no
 * longer, so a point above a larger one was measured in a worse moment.
 */
export function lowest(rounds: readonly (readonly CostPoint[])[]): CostPoint[] {
  return (rounds[0] ?? []).map((point) => {
    const larger = rounds.flat().filter(({ batch, length }) => batch >= point.batch && length >= point.length)
    return { ...point, ms: Math.min(...larger.map(({ ms }) => ms)) }
  })
}
