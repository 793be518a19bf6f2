/**
 * The trainer: a process of its own, at low priority, that turns a tenant's traces into a better draft, or finds that it
 * can't, and says why.
 *
 * Core idea: a loop over rows. A trainer has one target, and opens it for a run only, so that trainers of several targets
 * side by side take little memory while they wait. The scheduler orders runs, and anybody may by hand. The loop claims one run at a time, has
 * it trained and evaluated, stores the artifact, and writes the result: candidate, promotion or rejection and the run's
 * end in one transaction. Queues only wake the loop.
 *
 * Invariants
 * - A run belongs to one trainer at a time, for as long as it renews its lease; who lost it writes nothing.
 * - A draft is for the very target that its trainer read: name and fingerprint. Weights that change in the folder are
 *   another target, whose runs are taken from then on.
 * - On new weights, a tenant with rollouts on begins with its draft of the earlier ones, judged like any other.
 * - A draft becomes live only with the outcome `better`; its files are stored, whole and unchangeable, before its row.
 * - Of tenants that opted out or were forgotten nothing is learned.
 *
 * Failure: a killed trainer's run is taken up again when its lease ends, at most three times. While the database or the
 * store is away the loop waits and tries again. A run that fails is not repeated; the scheduler decides about the next.
 *
 * Concurrency: any number of trainers; each claims its own runs.
 */
export { readConfig, type TrainerConfig } from './config.ts'
export { startTrainer } from './trainer.ts'
