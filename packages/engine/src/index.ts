/**
 * The serving engine: many sequences, one target, several tokens a run.
 *
 * One loop owns everything. Between two steps it admits, frees and prefills; a step lets the arms propose, asks the
 * controller which proposals to verify, runs the target once over all of them, and commits the target's own tokens.
 * Rows of the KV cache are written only for committed tokens, so nothing is ever rolled back.
 *
 * Invariants: a sequence's tokens are a function of its request alone (prompt, sampling, seed, choice); drafts decide
 * only how fast they come. Nothing of one tenant reaches another. A request that fails takes no other with it.
 *
 * On failure: a run that throws fails the requests in it with `internal` and the loop goes on. A reader that goes away
 * cancels its request, and its sequences are freed before the next step. There is no other concurrency: the loop is
 * the only writer, and callers meet it through `admit` and a stream.
 */
export * from './engine.ts'
export * from './errors.ts'
export type { JobTimes } from './job.ts'
export * from './request.ts'
export * from './start.ts'
export type { DecodeReport, SequenceResult } from './step/decode.ts'
export type { PrefillReport } from './step/prefill.ts'
