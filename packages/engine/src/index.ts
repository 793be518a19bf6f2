/**
 * The serving engine: many sequences, one target, several tokens a run.
 *
 * One loop owns everything. Between two steps it frees, schedules and prefills. Who starts is decided by `schedule/`:
 * the tenant that was served least is next, memory is given as sequences grow, and where it runs out, or one tenant
 * holds what another is waiting for, a sequence is preempted: it loses its cache rows, waits, and is computed anew from
 * its committed tokens. Its sampler, drafts, trace and stream stay as they are, so nothing is said twice or lost.
 *
 * A step (`step/`) lets the arms propose, those that have a price only where the controller finds them worth asking;
 * runs the target once over what the controller picked, chains or token trees; and commits the target's own tokens.
 * Rows of the KV cache are written only for committed tokens, so nothing is ever rolled back. What verification saw of
 * a finished choice goes to a sink as a `Trace`, if its tenant lets drafts learn; each step can explain itself in one
 * `StepRecord`.
 *
 * Where a tenant tries a candidate beside the draft that serves it, the two take turns at the steps of its sequences, and
 * a request's end says what each made of its own: tokens that were committed, and what the cost table says their steps
 * took. That table is corrected by what steps take, and knows no neighbours, pauses or comparisons that a new draft pays.
 *
 * Invariants: a sequence's tokens are a function of its request alone (prompt, sampling, seed, choice); drafts decide
 * only how fast they come. Nothing of one tenant reaches another. A request that fails takes no other with it.
 *
 * What a request's text may be (`constraint/`) is part of the distribution that is sampled: JSON of a schema, a regular
 * expression, a choice, a grammar, compiled by llguidance before admission. At each row that a verification visits the
 * mask of the text so far forbids tokens before bias, penalties and filters; a mask is a function of the constraint and
 * of the tokens before it, so bytes are the same with any draft, batch or worker, and a resumed choice advances over what
 * was said. Where only one continuation is left it is spelled as the tokenizer does, needs no draw, and is what the arm
 * `grammar` drafts; other arms' drafts are cut where they are refused and go on with what has to follow there
 * (`step/constrained.ts`). A choice ends where nothing can follow.
 *
 * A prompt that begins like one its tenant sent before takes that beginning from the prefix cache (`cache/`), which has
 * a share of the same memory budget.
 *
 * A request may go on from what a lost engine said of it (`resumed`): each choice takes those tokens as committed, has
 * them cached like a preempted one, and says what follows.
 *
 * On failure: a run that throws fails the requests in it with `internal` and the loop goes on; a draft that throws is
 * left out of the step. A reader that goes away cancels its request, and its sequences are freed before the next step.
 * There is no other concurrency: the loop is the only writer, and callers meet it through `admit` and a stream.
 */
export * from './constraint/index.ts'
export * from './engine.ts'
export * from './errors.ts'
export type { JobTimes } from './job.ts'
export * from './options.ts'
export * from './request.ts'
export { draftSampling, NoiseRows } from './sampling/index.ts'
export type { TokenTable } from './sequence.ts'
export * from './start.ts'
export type { VerifiedBranch, VerifiedStep } from './statistics.ts'
export type { PrefillReport } from './step/prefill.ts'
export type { DecodeReport, OptionRecord, SequenceRecord, StepRecord } from './step/report.ts'
export * from './trace/trace.ts'
export type { Served, TrialSummary } from './trial.ts'
