/**
 * One finished choice as verification saw it: what a draft learns from. Shapes: n completion tokens, d hidden width,
 * K = TRACE_TOP. Requests with `learn: false` leave none, nor do those that were cancelled or failed.
 */
export interface Trace {
  readonly tenant: string
  readonly request: string
  readonly prompt: Int32Array
  /** [n] completion tokens, as committed. */
  readonly tokens: Int32Array
  /**
   * [n + 1, d] final hidden states as IEEE half: row i + 1 predicted tokens[i]; row 0 is the row before the last prompt
   * token (all zero where the prompt is one token).
   */
  readonly hidden: Uint16Array
  /** [n, K] the target's likeliest tokens where tokens[i] was drawn, descending, of the raw distribution. */
  readonly topIds: Int32Array
  /** [n, K] their natural logarithms of probability. */
  readonly topLogprobs: Float32Array
  readonly temperature: number
  /** [n] index into ARMS of the arm that was being verified when tokens[i] was committed. */
  readonly arms: Uint8Array
}

/** Takes traces off the engine's hands: synchronously, in O(1), and without throwing. */
export interface TraceSink {
  record(trace: Trace): void
}

export const TRACE_TOP = 8
