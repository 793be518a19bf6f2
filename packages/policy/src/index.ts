/**
 * Decisions that the platform takes by itself, as pure functions.
 *
 * Core idea: a decision is a value made from values. Clock, randomness and state are arguments; reading state, acting and
 * recording are the caller's. So a policy can be simulated with 100,000 tenants over weeks (`npm run sim`), replayed on
 * recorded state with other rules, and asked why.
 *
 * Invariants: same arguments, same decision. Nothing here reads a clock, a file or a network.
 *
 * Failure: a policy has no way to fail; state that says nothing useful gives the careful answer, which is to leave things
 * as they are.
 *
 * Concurrency: none inside. Two deciders that act on the same state are the callers' business (a lease).
 */
export * from './routing/index.ts'
export * from './scheduler/index.ts'
