import type { Trace } from '@foretoken/engine'
import type { Target, TargetInput, TargetOutput, TargetShape } from '@foretoken/model'
import { fromHalf } from '@foretoken/storage'

/**
 * A target that says again what it said: of the request being played it knows each token that it committed and the
 * hidden state that predicted it. As long as drafts agree with it a run asks for nothing else, and behind a wrong token
 * nobody looks, so verification goes exactly as it would with the real target, at no price. It plays greedy answers, one
 * at a time.
 */
export class RecordedTarget implements Target {
  readonly ragged: boolean
  readonly shape: TargetShape
  private trace: Trace | undefined
  private hidden: Float32Array = new Float32Array()

  constructor(real: Pick<Target, 'ragged' | 'shape'>) {
    this.ragged = real.ragged
    this.shape = { ...real.shape, layers: 1, keyValueHeads: 1, headDim: 1 } // nobody reads its cache
  }

  play(trace: Trace): void {
    this.trace = trace
    this.hidden = fromHalf(trace.hidden)
  }

  async run({ batch, length, positions, logitRows }: TargetInput): Promise<TargetOutput> {
    const { trace, hidden } = this
    if (!trace || batch !== 1) throw new RangeError('a recorded target plays one request at a time')
    const { vocabularySize: V, hiddenSize: d } = this.shape
    const output = {
      logits: new Float32Array(logitRows.length * V),
      hidden: new Float32Array(logitRows.length * d),
      delta: new Float32Array(2 * length),
    }
    for (const [at, row] of logitRows.entries()) {
      // The row of the last prompt token predicts token 0; the one before it has the trace's first state.
      const index = (positions[row] ?? 0) + 1 - trace.prompt.length
      const token = trace.tokens[index]
      if (token !== undefined) output.logits[at * V + token] = CERTAIN
      output.hidden.set(hidden.subarray((index + 1) * d, (index + 2) * d), at * d)
    }
    return output
  }

  async close(): Promise<void> {}
}

const CERTAIN = 1e3
