/**
 * Arms that propose tokens, and the controller that picks among them.
 *
 * A `Speculator` serves one or several arms: it opens a session per sequence, proposes chains of tokens with the
 * probability that each survives verification, and hears what the target committed, with the hidden states that
 * predicted it. Proposing is nearly free for the suffix arm (`suffix/`), which looks up what followed the same context
 * before; that makes it *eager*. A neural arm has a price, so it forecasts first and drafts when asked; its chains are
 * computed by a compiled kernel or by graphs on ONNX Runtime (`recurrent/native`, `recurrent/graph`). The arm `grammar`
 * has no speculator: it is what a request's constraint forces, and the engine proposes it. The controller
 * (`controller/`) turns proposals, forecasts and measured costs (`cost/`) into what each sequence verifies, so that
 * expected tokens per millisecond are highest; two arms' proposals may share a verification as a tree (`tree/`).
 *
 * One step, as the engine runs it:
 *   1. eager speculators propose; what they say of the place (`FreeOpinion`: nothing, unsure, sure) goes to the others,
 *      which forecast what they would have accepted at places like it;
 *   2. `planDrafts` says which of the others to ask, for which sequences and how far: where the forecast pays for the
 *      call, where a request forces the arm, and now and then to look;
 *   3. each of those drafts once, for all sequences, arms and tenants that ask it; where its chain ends, an eager
 *      speculator goes on (`continued`): the index does not know a value that is new, but what always follows it;
 *   4. `planStep` picks among all that is drafted, the cost of drafting being sunk: a chain, a tree of arms and of
 *      alternatives beside a chain's tokens, or nothing;
 *   5. the engine verifies, then tells `CostTable`, `Accounts.settle`, `StrategyEvidence` and every session's `commit`.
 * Steps 3 and 4 are left out where nothing is worth asking, and all of it for a while where nothing was for several
 * steps (`BackOff`). A plan is a model: beside it `StrategyEvidence` keeps what drafting, and asking, turned out to be
 * worth in tokens and milliseconds, and keeps a tenant from what is surely worse. Both plans of a sequence take some
 * 40 µs.
 *
 * Invariants
 * - Nothing here can change output: a draft token counts only where it equals the target's own. A wrong proposal, a
 *   wrong cost or a wrong probability costs time, nothing else.
 * - And little time: by the cost table, a tenant's decoding takes at most 2 % longer than plain, plus a capped opening
 *   balance, because no draft is made by choice that the accounts of all tenants in the batch could not pay for if all
 *   of it were rejected that can be, its drafting included. What a request forces is outside this bound, also for those
 *   beside it.
 * - Each arm is judged by every token the target commits, whether or not its proposal was verified, so an arm that was
 *   not chosen stays calibrated as long as it proposes.
 * - Tenants are walls: an index, a calibration and an account each belong to one tenant; what they start from are
 *   constants. `forget` deletes all of it, also under live sessions.
 * - A candidate that is tried beside a tenant's draft takes turns with it (`recurrent/trial.ts`): whose a step is, is
 *   drawn by lot from the sequence's name and its length, so it drafts for its share of the steps and no more, and the
 *   same share wherever a sequence goes on. It has a calibration, a comparison and evidence of its own.
 * - Memory is bounded in bytes per tenant and in tenants. Of adapters, those stay that save the most per byte
 *   (`recurrent/tiers`), and never does one in use leave; whose tenant has none here is drafted for by the static draft.
 *
 * Time and randomness are arguments. The engine's single step loop is the only caller, so nothing locks. An arm that
 * throws while it proposes has proposed nothing in that step; one that proposes what is no token is cut there.
 * Everything lives in memory: after a restart the arms learn anew from the first requests, while costs are measured
 * again at boot.
 */
export * from './calibration/index.ts'
export * from './controller/index.ts'
export * from './cost/index.ts'
export { type FreeOpinion, freeOpinionOf } from './free-opinion.ts'
export * from './recurrent/index.ts'
export * from './speculator.ts'
export * from './suffix/index.ts'
export * from './tree/index.ts'
