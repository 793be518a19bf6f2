/**
 * Processes that know of each other, by a register in the database: who is there, in which role, where it serves and
 * what it says of itself.
 *
 * Core idea: a process announces itself every second and holds a lease of three; who ends takes its row away, who
 * can't leaves a lease that runs out. Who follows the register reads it whole, whenever a notification says that it
 * changed, after every reconnect, and now and then in any case: a notification that is lost costs seconds, not truth.
 *
 * Targets outlive the processes that serve them, so they have a list of their own, in which a process keeps its target
 * alive (`TargetPresence`).
 *
 * Invariants: leases are judged by the database's clock alone, and `ClusterClock` is that clock for whatever else
 * processes tell each other. A register that can't be read says nothing new: what was
 * last known stands. It says who is a member, never who is well: callers find that out themselves, at once.
 *
 * Failure: an announcement that does not reach the database is left out and the next one is made as usual.
 *
 * Concurrency: each process writes its own row only.
 */
export { ClusterClock } from './clock.ts'
export { processDetails, type TrainerDetails, targetOf, type WorkerDetails, workerDetailsSchema } from './details.ts'
export { type Follower, followProcesses } from './follow.ts'
export { Membership, type MembershipOptions } from './membership.ts'
export { TargetPresence, type TargetPresenceOptions } from './target-presence.ts'
