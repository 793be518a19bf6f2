/**
 * The traffic that the project brings along, so that training, demo, tests and benchmarks run from a bare clone.
 *
 * A `Workload` is an endless stream of chats of one kind, each ending with what a user asks. Nearly all are written as
 * templates whose blanks are filled from long lists of words (`templates.ts`): one kind's prompts share form and
 * vocabulary, which is what a tenant's draft learns, and hardly ever their text, which nobody needs to learn. All
 * sentences were written for this project; none is from a data set.
 *
 * `openQuestions` are what people ask a general assistant, by kind of task; a static draft is trained from them.
 * `tenantWorkloads` are tenants of such a model, each with a system prompt, a form and words of its own.
 * `referenceWorkloads` are the seven kinds that the reference target was trained on, one turn each, in the shapes that
 * it knows.
 *
 * Invariants: the same seed gives the same prompts, for ever and on every machine; changing a list changes what comes
 * after it, so a benchmark that is repeated names the commit. Pure functions, no state, no input or output but
 * `write.ts`, which prints.
 */
export { openQuestions } from './open/index.ts'
export { referenceWorkloads } from './reference/index.ts'
export { tenantWorkloads } from './tenants/index.ts'
export { textsOf } from './texts.ts'
export type { Message, Workload } from './workload.ts'
