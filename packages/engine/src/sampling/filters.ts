import type { SamplingParameters } from '../request.ts'
import { exponential } from './exponential.ts'
import { selectPrefix, weightOf } from './select.ts'
import type { Workspace } from './workspace.ts'

/** Masses count in units of 2⁻³² of the likeliest token's, so sums of 2²¹ tokens are exact. */
export const MASS_ONE = 2 ** 32
/** Below this distance from the likeliest token a mass rounds to 0: e⁻²³ · 2³² < ½. */
const MASSLESS = 23

export type FilterParameters = Pick<SamplingParameters, 'minP' | 'topK' | 'topP'>

/** Whether any filter is set. */
export function hasFilters({ minP, topK, topP }: FilterParameters): boolean {
  return minP > 0 || topK > 0 || topP < 1
}

/**
 * Drops tokens by min-p, then top-k, then top-p, in vLLM's order; top-p is relative to what the first two left. The
 * likeliest token always survives. Among equal scores the lower id ranks first, so exactly k tokens survive top-k.
 *
 * - min-p (Nguyen et al. 2024) keeps scores within ln(minP) of the highest.
 * - top-k (Fan et al. 2018) keeps the k highest; 0 keeps all.
 * - top-p (Holtzman et al. 2019) keeps the smallest set of likeliest tokens whose probability reaches p.
 *
 * Probabilities are rounded to integer masses (see {@link MASS_ONE}): with exact sums the boundary of top-p does not
 * depend on the order of summation, so this selection and a full sort agree to the token. A token of mass 0 could
 * only survive when p rounds to 1.
 *
 * @param workspace its scores are logits ÷ temperature; dropped ones become −∞
 * @param highest the highest score, finite
 */
export function applyFilters(workspace: Workspace, highest: number, { minP, topK, topP }: FilterParameters): void {
  const { candidates, masses } = workspace
  const floor = Math.max(highest + Math.log(minP), topP < 1 ? highest - MASSLESS : -Infinity)
  let count = collect(workspace, floor)
  if (topK > 0 && topK < count) count = selectPrefix(workspace, count, highest, topK)
  if (topP < 1) {
    setMasses(workspace, count, highest)
    const target = Math.ceil(topP * weightOf(candidates, 0, count, masses))
    count = selectPrefix(workspace, count, highest, Math.max(1, target), masses)
  }
  if (count < workspace.vocabularySize) keepOnly(workspace, count)
}

/** Integer mass of a score, from 0 to {@link MASS_ONE}. */
export function massOf(score: number, highest: number): number {
  return Math.floor(exponential(score - highest) * MASS_ONE + 0.5)
}

function collect({ candidates, scores, vocabularySize }: Workspace, floor: number): number {
  let count = 0
  for (let id = 0; id < vocabularySize; id++) {
    if ((scores[id] ?? 0) >= floor) candidates[count++] = id
  }
  return count
}

function setMasses({ candidates, scores, masses }: Workspace, count: number, highest: number): void {
  for (let index = 0; index < count; index++) {
    const id = candidates[index] ?? 0
    masses[id] = massOf(scores[id] ?? 0, highest)
  }
}

/** Erases all scores but those of the first `count` candidates. */
function keepOnly({ candidates, scores, kept }: Workspace, count: number): void {
  for (let index = 0; index < count; index++) kept[index] = scores[candidates[index] ?? 0] ?? 0
  scores.fill(-Infinity)
  for (let index = 0; index < count; index++) scores[candidates[index] ?? 0] = kept[index] ?? 0
}
