/** From tokens to the text a tenant reads: whole characters only, and nothing of a stop string. */
export { Detokeniser, type TokenBytes } from './detokeniser.ts'
export { StopMatcher, type StopResult } from './stop.ts'
