/**
 * How drafts learn. Verification leaves traces (what the target said, and from which hidden state); a tenant's traces
 * go to the object store in segments; a training run reads them back, fits the tenant's adapter, and measures on held
 * out requests whether it is better than what serves the tenant now. A tenant that has sent nothing yet may bring its
 * history instead (`history/`): the target answers it here, and what that leaves are traces like any other.
 *
 * The draft that all tenants share is trained from the target's answers to prompts (`static-draft/`), in a shape that is
 * given, or found: `bring-up/` trains several, drops the worse half of them time and again, and judges what is left by
 * the tokens that it would bring for a millisecond, on requests that nothing was trained on or chosen by. What comes next
 * is a pure function of what was judged (`bring-up/search.ts`), and all of it is kept, so that it may be killed anywhere.
 * All of it belongs to one target: traces name its fingerprint, in their key and in full inside, and an adapter is a delta
 * on a static draft that reads that target's hidden states. On new weights of the same form a tenant may begin with its
 * adapter of the earlier ones (`earlier`), which is a candidate like any other.
 *
 * What passed a run's own gate may be judged again on what its tenant sent since (`judgeDraft`), by the same replay.
 *
 * Invariants: recording never delays a step and never holds more memory than it was given. Nothing of one tenant is
 * read for another: the tenant's id is the folder. Of a tenant that opted out nothing is kept, and what was kept of one
 * that was forgotten is deleted.
 *
 * On failure: a segment that is damaged, or was recorded from another target, is skipped and counted, since traces are
 * worth little one by one; a store that is slow or away costs traces, never requests.
 */

export { GAIN_MIN as PROMOTION_GAIN_MIN } from '@foretoken/policy'
export { adaptTenant } from './adapt/adapt-tenant.ts'
export * from './adapt/judge-draft.ts'
export { baseOfAdapter } from './adapt/stored-candidate.ts'
export * from './adapt/types.ts'
export * from './artifact/adapter-store.ts'
export { PromptError } from './asking/prompt-file.ts'
export * from './bring-up/index.ts'
export * from './history/index.ts'
export * from './static-draft/index.ts'
export * from './trace/index.ts'
