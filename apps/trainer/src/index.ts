/**
 * The trainer: a process of its own, at low priority, that turns a tenant's traces into a better draft, or finds that it
 * can't, and says why.
 *
 * Core idea: a loop over rows. A trainer has one target, and opens it for a run or a judgement only, so that trainers of
 * several targets side by side take little memory while they wait. The scheduler orders runs, and anybody may by hand. The
 * loop claims one run at a time, has it trained and evaluated, stores the artifact, and writes the result: candidate,
 * trial, promotion or rejection and the run's end in one transaction. Queues only wake the loop.
 *
 * What passed its run's gate is tried as shadow first. Its judgements, ordered by the scheduler too, are the other work
 * that is claimed here (`judgement/`): the same replay over what was recorded since. A worker that drafted with the
 * shadow beside each answer would learn the same (what was committed is what the replay compares with), late by as much
 * as it takes to see some requests, and would pay for it with the time of those who are served. What an operator ordered
 * (`draft adapt`, `draft custom`) goes live at once: a history from before the first request has no traffic to be tried
 * on, and whoever orders by hand can roll back by hand. So does everything with FORETOKEN_PROMOTION=direct.
 *
 * Invariants
 * - A run belongs to one trainer at a time, for as long as it renews its lease; who lost it writes nothing.
 * - A draft is for the very target that its trainer read: name and fingerprint. Weights that change in the folder are
 *   another target, whose runs and judgements are taken from then on.
 * - On new weights, a tenant with rollouts on begins with its draft of the earlier ones, judged and tried like any other.
 * - A draft is tried or becomes live only with the outcome `better`; its files are stored, whole and unchangeable,
 *   before its row.
 * - Of tenants that opted out or were forgotten nothing is learned.
 * - A judgement writes what each request said, once; deciding is the scheduler's.
 *
 * Failure: a killed trainer's run or judgement is taken up again when its lease ends, at most three times. Without a
 * scheduler a shadow stays one: nothing waits for it. While the database or the store is away the loop waits and tries
 * again. A run that fails is not repeated; the scheduler decides about the next.
 *
 * Concurrency: any number of trainers; each claims its own runs.
 */
export { readConfig, type TrainerConfig } from './config.ts'
export { startTrainer } from './trainer.ts'
