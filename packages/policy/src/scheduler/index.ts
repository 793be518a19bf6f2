/**
 * Scheduler economics: whose draft is trained, which candidate goes up, which draft serves, where drafts lie.
 *
 * Core idea: everything is counted in one currency, milliseconds of the target. A training run costs some and saves some;
 * an adapter in memory saves some for its bytes; what saves most for what it takes goes first. What a run will give is
 * learned from the runs there were, the population's first and the tenant's own more and more.
 *
 * Invariants: training never takes more than the budget of its period. At most one run of a tenant is open. Nothing is
 * trained for who opted out or is held. Orders go first. Whoever has enough new traffic is trained within a bounded number
 * of rounds. A candidate serves a canary's share of steps at most before two gates have passed it. Quotas of bytes hold.
 * Every decision carries its figures, what else there was, and a sentence of reason.
 *
 * A trial is judged in two ways. As shadow a candidate is played over requests that were recorded since it was trained,
 * beside what serves: what was committed is known, so no answer waits for it, and each request is its own pair. As
 * canary it takes turns with what serves at the steps of live requests, which is slower to tell, and the only thing
 * that tells what a replay can't know: the controller as it is here, batches, a worker's own memory. Played with
 * made-up requests of 60 tokens (`promotion/evidence.test.ts`), nine of ten drafts that are a tenth better go live, a
 * quarter of those that are 5 % better, 2 of 100 that are as good, and none that is worse.
 *
 * Failure: state that is old gives decisions that are a round late. A crash between deciding and acting costs a round:
 * the next one decides from what is.
 *
 * Concurrency: pure; one decider at a time is up to the caller.
 */
export * from './decision.ts'
export { NO_STEPS, observeDrift, observeSteps, type StepMean } from './drift/averages.ts'
export { decideRoute } from './drift/routing.ts'
export { choosePlaces } from './placement/choose-places.ts'
export * from './promotion/bootstrap.ts'
export { evidenceOf, isJudgementDue, type TrialEvidence, type Unjudged } from './promotion/evidence.ts'
export { decideTrial, nextStage } from './promotion/stages.ts'
export { decideRound, type Round } from './round.ts'
export * from './rules.ts'
export * from './state.ts'
export { hasEnough } from './training/due.ts'
export { learnedShare } from './training/gain.ts'
export { currentGain, valueOfTraining } from './training/value.ts'
export { type Difference, type Topic, topicOf, whatIf } from './what-if.ts'
