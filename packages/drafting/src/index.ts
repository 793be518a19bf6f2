/**
 * Arms that propose tokens, and the controller that picks among them.
 *
 * An arm is a `Speculator`: it opens a session per sequence, proposes a chain of tokens with the probability that
 * each survives verification, and hears what the target committed. The suffix arm (`suffix/`) looks up what followed
 * the same context before; neural arms implement the same interface. The controller (`controller/`) turns proposals
 * and measured costs (`cost/`) into a lookahead per sequence that maximises expected tokens per millisecond.
 *
 * One step, as the engine runs it:
 *   1. each speculator proposes for the sequences that may use it;
 *   2. `planStep` chooses arm and lookahead for each, given `CostTable` and each tenant's credit from `Accounts`;
 *   3. the engine verifies, then tells `CostTable.observeTarget`, `Accounts.settle` and every session's `commit`.
 *
 * Invariants
 * - Nothing here can change output: a draft token counts only where it equals the target's own. A wrong proposal, a
 *   wrong cost or a wrong probability costs time, nothing else.
 * - And little time: by the cost table, a tenant's decoding takes at most 2 % longer than plain, plus a capped opening
 *   balance, because no draft is made by choice that the accounts of all tenants in the batch could not pay for if it
 *   were rejected whole. A lookahead that a request forces is outside this bound, also for those beside it.
 * - Tenants are walls: an index, a calibration and an account each belong to one tenant; what they start from are
 *   constants. `forget` deletes all of it, also under live sessions.
 * - Memory is bounded in bytes per tenant and in tenants.
 *
 * Time and randomness are arguments. The engine's single step loop is the only caller, so nothing locks; an arm that
 * throws fails the step that called it and leaves no state half written. Everything lives in memory: after a restart
 * the arms learn anew from the first requests, while costs are measured again at boot.
 */
export * from './controller/index.ts'
export * from './cost/index.ts'
export * from './speculator.ts'
export * from './suffix/index.ts'
