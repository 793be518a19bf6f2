import { kernels, type SamplingKernel } from '@foretoken/native'
import { BUCKET_COUNT } from './buckets.ts'
import { EXPONENTIALS } from './exponential.ts'

/**
 * Scratch arrays for one draw, allocated once per engine: draws are synchronous, so all sequences of an engine share
 * one. Nothing in it outlives a call.
 */
export class Workspace {
  /** [V padded to a multiple of 4] logits under processing; the padding is −∞ always. */
  readonly scores: Float64Array
  /** [V] integer probability masses by token id; set for top-p's candidates only. */
  readonly masses: Float64Array
  /** [V] candidate token ids; a filter reorders them and keeps the front. */
  readonly candidates: Int32Array
  /** [V] candidates whose survival is not decided yet. */
  readonly boundary: Int32Array
  /** [512] weight by distance from the highest score. */
  readonly buckets = new Float64Array(BUCKET_COUNT)
  /** [V] scores of the survivors while the others are erased. */
  readonly kept: Float64Array
  /** Draws instead, where it was built: the same tokens, sooner. */
  readonly kernel: SamplingKernel | undefined

  constructor(
    readonly vocabularySize: number,
    { native = true }: { native?: boolean } = {},
  ) {
    this.kernel = native && kernels ? new kernels.SamplingKernel(vocabularySize, EXPONENTIALS) : undefined
    this.scores = new Float64Array(Math.ceil(vocabularySize / 4) * 4).fill(-Infinity)
    this.masses = new Float64Array(vocabularySize)
    this.candidates = new Int32Array(vocabularySize)
    this.boundary = new Int32Array(vocabularySize)
    this.kept = new Float64Array(vocabularySize)
  }
}
