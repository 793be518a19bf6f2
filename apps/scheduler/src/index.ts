/**
 * The scheduler: decides whose draft is trained and whether what serves still should, and writes down why.
 *
 * Core idea: a loop of rounds around pure decisions (`@foretoken/policy`). A round reads what tenants used, how their
 * drafts did, what runs found, what requests said of drafts on trial and what traces there are; adds it to what it knows;
 * decides about everybody; orders runs and judgements of shadows, takes drafts from stage to stage, rolls drafts back; and
 * keeps each decision with its figures, its alternatives and a sentence of reason.
 *
 * Invariants
 * - One process leads at a time, by a lease; any number may stand by.
 * - Decisions are about a tenant on a target; the pure policies see one name for both. How much a tenant asks is known by
 *   the model's name and outlasts a change of weights; how drafts do, and what runs found, is of one target alone.
 * - A draft leaves each stage of its trial once, whoever decides: the database looks at the stage that was decided about.
 *   A bad one costs its tenant at most a canary's share of steps until some requests have witnessed, or until a worker
 *   finds it worse than the static draft and takes it out by itself.
 * - A tenant has at most one open run on a target, whoever orders it. Targets that nobody serves get none. A tenant
 *   that opted out is never trained, and its traces go.
 * - Traces are deleted here alone: of tenants that opted out or were forgotten, and beyond what a run can read.
 * - Of weights that nobody has served for a week the traces and adapters go, and what was in use counts as retired;
 *   what was on trial is not tried any more.
 * - So are adapters that no row names, once an hour; never one whose run may still write its row.
 *
 * Failure: nothing is lost with a leader, and a trial stays in the stage that it is in: a shadow costs nothing, a canary
 * goes on drafting for its share. The next one reads the last days again and decides from what is. While the
 * database or the store is away there are no rounds, and tenants are served as they were.
 *
 * Concurrency: one round at a time.
 */
export { readConfig, type SchedulerConfig } from './config.ts'
export { Scheduler, type SchedulerParts, STATE_KEY } from './scheduler.ts'
export { collectOrphans, ORPHAN_RULES } from './sweep/orphans.ts'
