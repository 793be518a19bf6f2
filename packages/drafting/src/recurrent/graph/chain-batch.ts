import { Tensor } from '@foretoken/onnx-runtime'
import { type ChainStart, chanceOf, type DraftedChain } from '../chains.ts'
import { asGraphAdapter, type GraphAdapter } from './graph-adapter.ts'

/** The rows of one call and what has been drafted for them so far. */
export class ChainBatch {
  readonly adapters: readonly GraphAdapter[]
  readonly adapted: boolean
  readonly noisy: boolean
  private readonly drafted: { tokens: number[]; confidence: number[]; survival: number; ended: boolean }[]
  private readonly endIds: readonly number[]
  private last: BigInt64Array

  constructor(
    private readonly starts: readonly ChainStart[],
    plain: GraphAdapter,
    { adapted, endIds }: { readonly adapted: boolean; readonly endIds: readonly number[] },
  ) {
    this.adapted = adapted
    this.endIds = endIds
    this.noisy = starts.some(({ noise }) => noise)
    this.adapters = starts.map(({ adapter }) => (adapter ? asGraphAdapter(adapter) : plain))
    this.drafted = starts.map(() => ({ tokens: [], confidence: [], survival: 1, ended: false }))
    this.last = BigInt64Array.from(starts, ({ context }, row) => BigInt(this.placeOf(row, context.token)))
  }

  /** The best confidence in the whole of a chain among those that go on; none when all have ended. */
  get survival(): number {
    return Math.max(-1, ...this.drafted.map(({ survival, ended }) => (ended ? -1 : survival)))
  }

  places(): Tensor {
    return new Tensor('int64', this.last, [this.starts.length, 1])
  }

  /** [B, n, classes] */
  noise(from: number, length: number): Tensor {
    const classes = this.classes
    const values = new Float32Array(length * this.starts.length * classes)
    for (const [row, { noise }] of this.starts.entries()) {
      if (!noise) continue
      const { position, sampling } = noise
      const { temperature } = sampling
      const { ids } = this.adapters[row]?.vocabulary ?? { ids: [] }
      for (let step = 0; step < length; step++) {
        const offset = (row * length + step) * classes
        for (let place = 0; place < ids.length; place++) {
          values[offset + place] = temperature * sampling.gumbel(position + from + step, ids[place] ?? 0)
        }
      }
    }
    return new Tensor('float32', values, [this.starts.length, length, classes])
  }

  append(tokens: Tensor | undefined, confidences: Tensor | undefined, length: number): void {
    if (!(tokens?.data instanceof BigInt64Array)) throw new Error('the draft graph gave no tokens')
    const logits = floats(confidences)
    for (const [row, drafted] of this.drafted.entries()) {
      for (let step = 0; step < length; step++) {
        const place = tokens.data[row * length + step] ?? 0n
        if (step === length - 1) this.last[row] = place
        if (drafted.ended) continue
        const confidence = chanceOf(logits[row * length + step])
        const token = this.adapters[row]?.vocabulary.ids[Number(place)] ?? 0
        drafted.tokens.push(token)
        drafted.confidence.push(confidence)
        drafted.survival *= confidence
        drafted.ended = this.endIds.includes(token)
      }
    }
  }

  chains(lookahead: number): DraftedChain[] {
    return this.drafted.map(({ tokens, confidence }) => ({
      tokens: tokens.slice(0, lookahead),
      confidence: confidence.slice(0, lookahead),
    }))
  }

  /** C */
  get classes(): number {
    const { inputs, vocabulary } = this.adapters[0] ?? {}
    return (this.adapted ? inputs?.['chain/head_bias'].length : vocabulary?.size) ?? 0
  }

  /** Draft id of a target token; the one past all classes when the draft lacks it. */
  private placeOf(row: number, token: number): number {
    return this.adapters[row]?.vocabulary.placeOf(token, this.classes) ?? 0
  }
}

export function floats(tensor: Tensor | undefined): Float32Array {
  if (tensor?.data instanceof Float32Array) return tensor.data
  throw new Error('the draft graph gave no float32 output')
}
