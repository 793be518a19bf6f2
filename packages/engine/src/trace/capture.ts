import { ARMS, type Arm } from '@foretoken/drafting'
import type { TargetShape } from '@foretoken/model'
import type { GenerationRequest } from '../request.ts'
import { writeHalf } from './half.ts'
import { writeLikeliest } from './likeliest.ts'
import { TRACE_TOP, type Trace } from './trace.ts'

/**
 * Collects the trace of one choice while it is verified. The arrays of a run are gone after its step, so everything is
 * reduced at once: hidden states to half precision, logits to the likeliest tokens.
 */
export class TraceCapture {
  private room = ROOM_FIRST
  private count = 0
  private hidden: Uint16Array
  private topIds = new Int32Array(ROOM_FIRST * TRACE_TOP)
  private topLogprobs = new Float32Array(ROOM_FIRST * TRACE_TOP)
  private arms = new Uint8Array(ROOM_FIRST)

  constructor(
    private readonly request: GenerationRequest,
    private readonly shape: Pick<TargetShape, 'hiddenSize' | 'vocabularySize'>,
  ) {
    this.hidden = new Uint16Array((ROOM_FIRST + 1) * shape.hiddenSize)
  }

  /** @param hidden [d] of the row before the last prompt token */
  prefilled(hidden: Float32Array): void {
    writeHalf(hidden, this.hidden, 0)
  }

  /**
   * @param hidden per committed token, [d]
   * @param logits [R, V] of the run, in which token i was drawn from row logitRows[i]
   */
  commit(hidden: readonly Float32Array[], logits: Float32Array, logitRows: readonly number[], arm: Arm): void {
    const { hiddenSize, vocabularySize } = this.shape
    while (this.count + hidden.length > this.room) this.grow()
    for (const [i, state] of hidden.entries()) {
      const at = this.count++
      writeHalf(state, this.hidden, (at + 1) * hiddenSize)
      const offset = (logitRows[i] ?? 0) * vocabularySize
      writeLikeliest(logits, offset, vocabularySize, TRACE_TOP, this.topIds, this.topLogprobs, at * TRACE_TOP)
      this.arms[at] = ARMS.indexOf(arm)
    }
  }

  /** @param tokens prompt and completion */
  finish(tokens: readonly number[]): Trace {
    const { count, request, shape } = this
    return {
      tenant: request.tenant,
      request: request.id,
      prompt: Int32Array.from(request.prompt),
      tokens: Int32Array.from(tokens.slice(request.prompt.length)),
      hidden: this.hidden.slice(0, (count + 1) * shape.hiddenSize),
      topIds: this.topIds.slice(0, count * TRACE_TOP),
      topLogprobs: this.topLogprobs.slice(0, count * TRACE_TOP),
      temperature: request.sampling.temperature,
      arms: this.arms.slice(0, count),
    }
  }

  private grow(): void {
    this.room *= 2
    this.hidden = grown(this.hidden, new Uint16Array((this.room + 1) * this.shape.hiddenSize))
    this.topIds = grown(this.topIds, new Int32Array(this.room * TRACE_TOP))
    this.topLogprobs = grown(this.topLogprobs, new Float32Array(this.room * TRACE_TOP))
    this.arms = grown(this.arms, new Uint8Array(this.room))
  }
}

/** Tokens that the first allocation holds. */
const ROOM_FIRST = 64

function grown<Numbers extends Uint16Array | Int32Array | Float32Array | Uint8Array>(
  from: Numbers,
  to: Numbers,
): Numbers {
  to.set(from)
  return to
}
