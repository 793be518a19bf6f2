/**
 * From a row of logits to a token. A draw is a pure function of seed, choice, position and the target's distribution
 * (design 3.3): whatever was drafted, and on whichever worker, the token is the same.
 */
export { draftSampling, NoiseRows } from './draft-noise.ts'
export type { FilterParameters } from './filters.ts'
export { gumbel, Noise } from './noise.ts'
export { NumericError } from './numeric-error.ts'
export { isGreedy, Sampler } from './sampler.ts'
export { Workspace } from './workspace.ts'
