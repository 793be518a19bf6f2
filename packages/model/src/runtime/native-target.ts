import type { Kernels, TargetKernel } from '@foretoken/native'
import type { Checkpoint } from '../checkpoint/checkpoint.ts'
import type { WeightFormat } from '../graph/projection.ts'
import type { Target, TargetInput, TargetOutput, TargetShape } from '../target.ts'
import { checkInput } from './check-input.ts'
import { readWeights } from './native-weights.ts'

/**
 * A target on the processor's compiled kernel: what the ONNX graph of the same weights computes, with each weight read
 * once a run however many rows there are. The thread is blocked while a run lasts, as ONNX Runtime blocks it.
 */
export class NativeTarget implements Target {
  readonly shape: TargetShape
  readonly ragged = true
  readonly #kernel: TargetKernel
  readonly #logits = new Room()
  readonly #hidden = new Room()
  readonly #delta = new Room()

  private constructor(kernel: TargetKernel, shape: TargetShape) {
    this.#kernel = kernel
    this.shape = shape
  }

  /** Throws CheckpointError where 8 or 4 bits do not fit the model. */
  static async open(
    kernels: Kernels,
    checkpoint: Checkpoint,
    shape: TargetShape,
    format: WeightFormat,
    threads: number,
  ): Promise<Target> {
    const { heads, feedForwardSize, normEpsilon } = checkpoint.config
    const sizes = { ...shape, heads, feedForwardSize, normEpsilon }
    const { bits, tensors, codes } = await readWeights(checkpoint, format)
    return new NativeTarget(new kernels.TargetKernel(sizes, bits, tensors, codes, threads), shape)
  }

  async run(input: TargetInput): Promise<TargetOutput> {
    checkInput(input, this.shape)
    const { batch, length, capacity, lengths = all, newMask = causal } = input
    const { layers, keyValueHeads, headDim, hiddenSize, vocabularySize } = this.shape
    const rows = input.logitRows.length
    const logits = this.#logits.of(rows * vocabularySize)
    const hidden = this.#hidden.of(rows * hiddenSize)
    const delta = this.#delta.of(layers * 2 * batch * keyValueHeads * length * headDim)
    this.#kernel.run(
      batch,
      capacity,
      input.tokens,
      input.positions,
      input.pastLengths,
      lengths,
      newMask,
      input.keys,
      input.values,
      input.logitRows,
      logits,
      hidden,
      delta,
    )
    return { logits, hidden, delta }
  }

  async close(): Promise<void> {}
}

const all = new Int32Array()
const causal = new Float32Array()

/**
 * One array for all runs. Fresh ones, a third of a megabyte a step, made V8 mark its whole heap ten times a second, on
 * the core that the run's other thread needs.
 */
class Room {
  #values = new Float32Array()

  of(length: number): Float32Array {
    if (this.#values.length < length) this.#values = new Float32Array(length)
    return this.#values.subarray(0, length)
  }
}
