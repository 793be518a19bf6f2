import type { Kernels, TargetKernel } from '@foretoken/native'
import type { Checkpoint } from '../checkpoint/checkpoint.ts'
import { readLayer } from '../graph/layer-weights.ts'
import { rotaryTables } from '../graph/rotary.ts'
import type { Target, TargetInput, TargetOutput, TargetShape } from '../target.ts'
import { checkInput } from './check-input.ts'

/**
 * A target in full precision on the processor's compiled kernel: what the ONNX graph computes, with each weight read
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

  static async open(kernels: Kernels, checkpoint: Checkpoint, shape: TargetShape, threads: number): Promise<Target> {
    const { config, architecture } = checkpoint
    const { heads, feedForwardSize, normEpsilon } = config
    const sizes = { ...shape, heads, feedForwardSize, normEpsilon }
    const tensors: Record<string, Float32Array> = {
      embedding: await checkpoint.floats(architecture.embedding),
      final_norm: await checkpoint.floats(architecture.finalNorm),
      ...rotaryTables(config),
      ...(config.tiedHead ? {} : { head: await checkpoint.floats(architecture.head) }),
    }
    for (let layer = 0; layer < config.layers; layer++) {
      const weights = await readLayer(checkpoint, layer)
      const named = {
        norm: weights.inputNorm,
        query_key_value: weights.queryKeyValue.data,
        ...(weights.headNorms && { head_norms: weights.headNorms }),
        output: weights.output.data,
        feed_forward_norm: weights.feedForwardNorm,
        gate_up: weights.gateUp.data,
        down: weights.down.data,
      }
      for (const [name, values] of Object.entries(named)) tensors[`layers.${layer}.${name}`] = values
    }
    return new NativeTarget(new kernels.TargetKernel(sizes, tensors, threads), shape)
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
