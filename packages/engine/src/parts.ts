/**
 * What a step is made of, for those who look into it: benchmarks. Products use `Engine`, which puts these together.
 */
export { KvArena } from './cache/arena.ts'
export { Sampler, Workspace } from './sampling/index.ts'
