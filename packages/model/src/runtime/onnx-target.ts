import type { InferenceSession, Tensor } from '@foretoken/onnx-runtime'
import type { Target, TargetInput, TargetOutput, TargetShape } from '../target.ts'
import { checkInput } from './check-input.ts'
import { feedsOf } from './feeds.ts'

/** A target on an ONNX Runtime session whose graph buildTargetGraph made. */
export class OnnxTarget implements Target {
  readonly shape: TargetShape
  readonly ragged = false
  readonly #session: InferenceSession
  readonly #rowsMin: number

  /** `rowsMin`: runs with fewer rows are padded to it. */
  constructor(session: InferenceSession, shape: TargetShape, rowsMin: number) {
    this.#session = session
    this.shape = shape
    this.#rowsMin = rowsMin
  }

  async run(input: TargetInput): Promise<TargetOutput> {
    checkInput(input, this.shape)
    const length = Math.max(input.length, Math.ceil(this.#rowsMin / input.batch))
    const wanted = input.logitRows.length
    const rows = wanted === 0 ? 0 : Math.max(wanted, this.#rowsMin)
    const outputs = await this.#session.run(feedsOf(input, this.shape, length, rows))
    const { hiddenSize, vocabularySize } = this.shape
    return {
      logits: floats(outputs.logits).subarray(0, wanted * vocabularySize),
      hidden: floats(outputs.hidden).subarray(0, wanted * hiddenSize),
      delta: trimRows(floats(outputs.delta), length, input.length, this.shape.headDim),
    }
  }

  close(): Promise<void> {
    return this.#session.release()
  }
}

/** [..., from, size] → [..., to, size]: drops the padding rows. */
function trimRows(values: Float32Array, from: number, to: number, size: number): Float32Array {
  if (from === to) return values
  const blocks = values.length / (from * size)
  const trimmed = new Float32Array(blocks * to * size)
  for (let block = 0; block < blocks; block += 1) {
    const start = block * from * size
    trimmed.set(values.subarray(start, start + to * size), block * to * size)
  }
  return trimmed
}

function floats(tensor: Tensor | undefined): Float32Array {
  if (tensor?.data instanceof Float32Array) return tensor.data
  throw new Error('the target graph gave no float32 output')
}
