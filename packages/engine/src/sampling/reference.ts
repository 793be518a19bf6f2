import type { SamplingParameters } from '../request.ts'
import { massOf } from './filters.ts'
import { Noise } from './noise.ts'

/** Tokens that the penalties see. */
export interface History {
  readonly prompt: readonly number[]
  readonly completion: readonly number[]
}

/**
 * What {@link Sampler} computes, written the simple way: every logarithm, full sorts, fresh arrays, double precision.
 * The sampler must agree with it to the token; tests say so.
 *
 * @param logits [V]
 */
export function sampleReference(
  logits: Float32Array,
  parameters: SamplingParameters,
  history: History,
  choice: number,
  position: number,
  allowed: (id: number) => boolean = () => true,
): number {
  const noise = new Noise(parameters.seed, choice)
  noise.moveTo(position)
  const scores = processReference(logits, parameters, history, allowed)
  const perturbed = parameters.temperature < 1e-5 ? scores : scores.map((score, id) => score + noise.of(id))
  return perturbed.indexOf(Math.max(...perturbed))
}

/** [V] logits after all processors, −∞ for dropped tokens: the processed distribution is its softmax. */
export function processReference(
  logits: Float32Array,
  parameters: SamplingParameters,
  history: History,
  allowed: (id: number) => boolean = () => true,
): number[] {
  const penalised = [...logits].map((logit, id) => (allowed(id) ? penalise(logit, id, parameters, history) : -Infinity))
  if (parameters.temperature < 1e-5) return penalised
  const inverse = 1 / parameters.temperature
  const scores = penalised.map((score) => score * inverse)
  const survivors = new Set(filterReference(scores, parameters))
  return scores.map((score, id) => (survivors.has(id) ? score : -Infinity))
}

function penalise(logit: number, id: number, parameters: SamplingParameters, history: History): number {
  const { repetitionPenalty, frequencyPenalty, presencePenalty, logitBias } = parameters
  const count = history.completion.filter((token) => token === id).length
  let score = logit + (logitBias.get(id) ?? 0)
  if (count > 0 || history.prompt.includes(id)) {
    score = score > 0 ? score / repetitionPenalty : score * repetitionPenalty
  }
  if (count > 0) score = score - frequencyPenalty * count - presencePenalty
  return score
}

function filterReference(scores: readonly number[], { minP, topK, topP }: SamplingParameters): number[] {
  const highest = Math.max(...scores)
  const sorted = [...scores.keys()].sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b)
  const afterMinP = sorted.filter((id) => (scores[id] ?? 0) >= highest + Math.log(minP))
  const afterTopK = topK > 0 ? afterMinP.slice(0, topK) : afterMinP
  if (topP >= 1) return afterTopK
  const masses = afterTopK.map((id) => massOf(scores[id] ?? 0, highest))
  const total = masses.reduce((sum, mass) => sum + mass, 0)
  let mass = 0
  let kept = 0
  while (kept === 0 || mass < topP * total) mass += masses[kept++] ?? 0
  return afterTopK.slice(0, kept)
}
