import { BUCKET_COUNT, bucketOf } from './buckets.ts'
import type { Workspace } from './workspace.ts'

/**
 * Moves the smallest prefix of the order (score descending, id ascending) whose weight reaches `target` to the front
 * of the candidates, unordered, and returns its length. No sort: one pass weighs buckets of equal distance from the
 * highest score, a second one parts the candidates at the bucket where the target falls, and a weighted quickselect
 * (Hoare 1961) settles that bucket. Linear on average. Quickselect on all candidates would do, but each of its
 * branches is a coin toss to the processor.
 *
 * The order is total, so ties are decided by id and the result does not depend on the order of the candidates. Weights
 * are integers and their sums stay below 2⁵³, so sums are exact in any order, too.
 *
 * @param count the first `count` candidates are considered, at least one
 * @param highest the highest score among them, finite
 * @param target an integer in [1, weight of all]
 * @param weights by token id; absent: each token weighs 1
 */
export function selectPrefix(
  workspace: Workspace,
  count: number,
  highest: number,
  target: number,
  weights?: Float64Array,
): number {
  const { candidates, scores, boundary } = workspace
  const { bucket, before } = weighBuckets(workspace, count, highest, target, weights)
  const { kept, undecided } = partAt(bucket, workspace, count, highest)
  const chosen = quickselect(boundary, undecided, scores, target - before, weights)
  for (let index = 0; index < chosen; index++) candidates[kept + index] = boundary[index] ?? 0
  return kept + chosen
}

/** The bucket in which the target is reached, and the weight of all buckets before it. */
function weighBuckets(
  { candidates, scores, buckets }: Workspace,
  count: number,
  highest: number,
  target: number,
  weights?: Float64Array,
): { bucket: number; before: number } {
  buckets.fill(0)
  for (let index = 0; index < count; index++) {
    const id = candidates[index] ?? 0
    const place = bucketOf(highest - (scores[id] ?? 0))
    buckets[place] = (buckets[place] ?? 0) + (weights ? (weights[id] ?? 0) : 1)
  }
  let before = 0
  for (let bucket = 0; bucket < BUCKET_COUNT - 1; bucket++) {
    const through = before + (buckets[bucket] ?? 0)
    if (through >= target) return { bucket, before }
    before = through
  }
  return { bucket: BUCKET_COUNT - 1, before }
}

/** Keeps the candidates of the buckets before `bucket` and moves those in it to `boundary`. */
function partAt(
  bucket: number,
  { candidates, scores, boundary }: Workspace,
  count: number,
  highest: number,
): { kept: number; undecided: number } {
  let kept = 0
  let undecided = 0
  for (let index = 0; index < count; index++) {
    const id = candidates[index] ?? 0
    const place = bucketOf(highest - (scores[id] ?? 0))
    if (place < bucket) candidates[kept++] = id
    else if (place === bucket) boundary[undecided++] = id
  }
  return { kept, undecided }
}

/** {@link selectPrefix} without buckets, on `ids`. */
function quickselect(
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

/** Splits [low, high) around its middle element; returns where that pivot came to lie. */
function partition(ids: Int32Array, low: number, high: number, scores: Float64Array): number {
  const last = high - 1
  const middle = (low + last) >> 1
  const pivotId = ids[middle] ?? 0
  const pivotScore = scores[pivotId] ?? 0
  ids[middle] = ids[last] ?? 0
  let front = low
  for (let index = low; index < last; index++) {
    const id = ids[index] ?? 0
    const score = scores[id] ?? 0
    if (score > pivotScore || (score === pivotScore && id < pivotId)) {
      ids[index] = ids[front] ?? 0
      ids[front++] = id
    }
  }
  ids[last] = ids[front] ?? 0
  ids[front] = pivotId
  return front
}
