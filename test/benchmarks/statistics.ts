/** The value below which this share of the others lies: nearest rank, NaN of nothing. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? Number.NaN
}

/**
 * Jain's index of fairness (Jain, Chiu and Hawe 1984): 1 where all have the same, 1 / n where one has everything.
 *
 * @param shares what each got per what was due to it
 */
export function jainIndex(shares: readonly number[]): number {
  const sum = shares.reduce((total, share) => total + share, 0)
  const squares = shares.reduce((total, share) => total + share * share, 0)
  return squares === 0 ? 1 : (sum * sum) / (shares.length * squares)
}

/**
 * What is due to each of those who share a capacity, max-min fair (Bertsekas and Gallager, Data Networks, 6.5.2): who
 * asks for less than an even share gets what it asks for, and the others share evenly what is left.
 */
export function maxMinShares(demands: readonly number[], capacity: number): number[] {
  const shares = demands.map(() => 0)
  const ascending = demands.map((demand, at) => ({ demand, at })).sort((a, b) => a.demand - b.demand)
  let left = capacity
  for (const [served, { demand, at }] of ascending.entries()) {
    const share = Math.min(demand, left / (demands.length - served))
    shares[at] = share
    left -= share
  }
  return shares
}

/**
 * Median slope over all pairs of points (Theil 1950, Sen 1968): a fifth of the points may be outliers. NaN of one x.
 */
export function medianSlope(points: readonly (readonly [x: number, y: number])[]): number {
  const slopes: number[] = []
  for (const [at, [x, y]] of points.entries()) {
    for (const [otherX, otherY] of points.slice(at + 1)) if (otherX !== x) slopes.push((otherY - y) / (otherX - x))
  }
  return quantile(slopes, 0.5)
}
