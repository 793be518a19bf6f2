/** Uniform in [0, 1). */
export type Draw = () => number

/** Arrival times of a Poisson process in milliseconds from its start, ascending. */
export function poissonArrivals(perSecond: number, seconds: number, draw: Draw): number[] {
  const arrivals: number[] = []
  for (let at = 0; ; ) {
    at += (-Math.log(1 - draw()) * 1_000) / perSecond
    if (at >= seconds * 1_000) return arrivals
    arrivals.push(at)
  }
}

/** How popular each of `count` is, most popular first: the share of rank r goes with r^−exponent (Zipf 1949). */
export function zipfShares(count: number, exponent = 1): number[] {
  const weights = Array.from({ length: count }, (_, rank) => (rank + 1) ** -exponent)
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return weights.map((weight) => weight / total)
}

/** The index whose share the draw falls on. */
export function pickBy(shares: readonly number[], draw: Draw): number {
  let left = draw()
  for (const [at, share] of shares.entries()) {
    left -= share
    if (left < 0) return at
  }
  return shares.length - 1 // the shares' sum is below 1 by rounding
}
