/**
 * Moves the smallest prefix of the order (score descending, id ascending) whose weight reaches `target` to the front
 * of `ids`, unordered, and returns its length. A weighted quickselect (Hoare 1961): linear on average, no sort.
 *
 * The order is total, so ties are decided by id and the result does not depend on the order of `ids`. Weights are
 * integers and their sums stay below 2⁵³, so sums are exact in any order, too.
 *
 * @param ids [≥ count] distinct token ids, reordered in place
 * @param scores by token id
 * @param weights by token id; absent: each token weighs 1
 * @param target an integer in [1, weight of all]
 */
export function selectPrefix(
  ids: Int32Array,
  count: number,
  scores: Float64Array,
  target: number,
  weights?: Float64Array,
): number {
  let low = 0
  let high = count
  let remaining = target
  while (high - low > 1) {
    const pivot = partition(ids, low, high, scores)
    const before = weights ? weightOf(ids, low, pivot, weights) : pivot - low
    if (before >= remaining) {
      high = pivot
      continue
    }
    const through = before + (weights ? (weights[ids[pivot] ?? 0] ?? 0) : 1)
    if (through >= remaining) return pivot + 1
    remaining -= through
    low = pivot + 1
  }
  return high
}

/** Sum of weights over ids[from, to). */
export function weightOf(ids: Int32Array, from: number, to: number, weights: Float64Array): number {
  let sum = 0
  for (let index = from; index < to; index++) sum += weights[ids[index] ?? 0] ?? 0
  return sum
}

/** Splits [low, high) around the median of three; returns where that pivot came to lie. */
function partition(ids: Int32Array, low: number, high: number, scores: Float64Array): number {
  const last = high - 1
  movePivotToEnd(ids, low, last, scores)
  const pivotId = ids[last] ?? 0
  const pivotScore = scores[pivotId] ?? 0
  let boundary = low
  for (let index = low; index < last; index++) {
    const id = ids[index] ?? 0
    const score = scores[id] ?? 0
    if (score > pivotScore || (score === pivotScore && id < pivotId)) {
      ids[index] = ids[boundary] ?? 0
      ids[boundary++] = id
    }
  }
  ids[last] = ids[boundary] ?? 0
  ids[boundary] = pivotId
  return boundary
}

function movePivotToEnd(ids: Int32Array, first: number, last: number, scores: Float64Array): void {
  const middle = (first + last) >> 1
  if (precedes(ids, middle, first, scores)) swap(ids, middle, first)
  if (precedes(ids, last, first, scores)) swap(ids, last, first)
  if (precedes(ids, middle, last, scores)) swap(ids, middle, last)
}

function precedes(ids: Int32Array, a: number, b: number, scores: Float64Array): boolean {
  const idA = ids[a] ?? 0
  const idB = ids[b] ?? 0
  const scoreA = scores[idA] ?? 0
  const scoreB = scores[idB] ?? 0
  return scoreA > scoreB || (scoreA === scoreB && idA < idB)
}

function swap(ids: Int32Array, a: number, b: number): void {
  const id = ids[a] ?? 0
  ids[a] = ids[b] ?? 0
  ids[b] = id
}
