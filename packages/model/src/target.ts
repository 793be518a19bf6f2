/**
 * A target model that an engine can step: the cache goes in, the delta comes out.
 *
 * Shapes: B sequences in the run, S new tokens each (padded to the longest), C cache capacity in rows, L layers,
 * H key-value heads of D, V vocabulary, d hidden width, R rows whose logits are wanted.
 */
export interface TargetShape {
  readonly layers: number
  readonly keyValueHeads: number
  readonly headDim: number
  readonly hiddenSize: number
  readonly vocabularySize: number
  /** Positions the model was trained for: prompt and completion together never exceed it. */
  readonly positionsMax: number
}

export interface TargetInput {
  readonly batch: number
  readonly length: number
  readonly capacity: number
  /** [B, S] token ids; padding is any valid id. */
  readonly tokens: Int32Array
  /** [B, S] absolute position of each token. */
  readonly positions: Int32Array
  /** [B] rows of the cache that hold committed tokens; the rest is masked. */
  readonly pastLengths: Int32Array
  /**
   * [B] rows of each sequence that count, 1 to S; absent: all. Rows behind them are padding: no row that counts may see
   * them, logitRows may not name them, and their delta is unspecified.
   */
  readonly lengths?: Int32Array
  /** [B, S, S] additive mask among the new tokens (0 or a large negative number). Absent: causal. */
  readonly newMask?: Float32Array
  /** Per layer [B, H, C, D]. Read only: the run never writes to them. */
  readonly keys: readonly Float32Array[]
  readonly values: readonly Float32Array[]
  /** [R] indices into the flattened [B·S] rows. R may be 0: prefill chunks need no logits. */
  readonly logitRows: Int32Array
}

/** Only valid until the next run of the same target, which may reuse the arrays. */
export interface TargetOutput {
  /** [R, V] raw logits. */
  readonly logits: Float32Array
  /** [R, d] final hidden states (after the last norm) of the same rows. */
  readonly hidden: Float32Array
  /** [L, 2, B, H, S, D]: the new key rows and value rows of each layer. */
  readonly delta: Float32Array
}

/**
 * How far a row depends on what else is in the run (how many rows, which of its past is cached or new): on the compiled
 * kernel not at all, in any precision. On ONNX Runtime fp32 by rounding, some 1e-6 of the logits, which changed no
 * argmax that we saw; 8 and 4 bits by 0.3 % of the logits' rms, because they round activations too, which changes about
 * one argmax in 100. The capacity changes not a bit as long as it is a multiple of 32.
 */
export interface Target {
  readonly shape: TargetShape
  /** Whether a run costs what the rows that count cost (`lengths`); otherwise padding costs as much as they do. */
  readonly ragged: boolean
  run(input: TargetInput): Promise<TargetOutput>
  close(): Promise<void>
}
