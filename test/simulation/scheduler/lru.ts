/**
 * How long a memory of so many places keeps who is not asked for, when who was asked for longest ago leaves: Che's
 * approximation (Che, Tung and Wang, IEEE JSAC 2002). One that is asked for at a rate is there with a chance of
 * 1 − e^(−rate × time). Infinite where all have room.
 */
export function lruTime(rates: readonly number[], places: number): number {
  const asked = rates.filter((rate) => rate > 0)
  if (asked.length <= places) return Number.POSITIVE_INFINITY
  const held = (time: number) => asked.reduce((sum, rate) => sum - Math.expm1(-rate * time), 0)
  let [low, high] = [0, 1e-6]
  while (held(high) < places) high *= 4
  for (let halving = 0; halving < 30; halving++) {
    const middle = (low + high) / 2
    if (held(middle) < places) low = middle
    else high = middle
  }
  return (low + high) / 2
}
