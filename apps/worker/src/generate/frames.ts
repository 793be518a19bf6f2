import { EngineError, type GenerationEvent, type TokenLogprob } from '@foretoken/engine'
import type { Frame, WorkerError } from '@foretoken/protocol'

interface TokenBytes {
  bytesOf(id: number): Uint8Array
}

/** Turns engine events into RPC frames. Counts are cumulative, so a frame read twice bills nothing twice. */
export function frameStream(tokens: TokenBytes): TransformStream<GenerationEvent, Frame> {
  const completionTokens = new Map<number, number>()
  return new TransformStream({
    transform(event, controller) {
      if (event.type !== 'text') {
        controller.enqueue(event.type === 'finish' ? { type: 'finish', choice: event.choice, reason: event.reason } : endFrame(event))
        return
      }
      const total = (completionTokens.get(event.choice) ?? 0) + event.tokens.length
      completionTokens.set(event.choice, total)
      const logprobs = event.logprobs?.map((scored) => ({
        ...scoredToken(scored, tokens),
        top: scored.top.map((alternative) => scoredToken(alternative, tokens)),
      }))
      const frame = { type: 'text' as const, choice: event.choice, text: event.text, completionTokens: total }
      controller.enqueue(logprobs ? { ...frame, logprobs } : frame)
    },
  })
}

/** The worker's errors in the RPC's words; anything unforeseen keeps its details to itself. */
export function workerError(error: unknown): WorkerError {
  if (error instanceof EngineError) return { code: error.code, message: error.message, param: error.param }
  return { code: 'internal', message: 'The worker failed on this request.', param: null }
}

function endFrame(event: Extract<GenerationEvent, { type: 'end' }>): Frame {
  const { speculation } = event
  return {
    type: 'end',
    usage: event.usage,
    speculation: {
      ...speculation,
      acceptanceHistogram: [...speculation.acceptanceHistogram],
      arms: speculation.arms.map((arm) => ({ ...arm, proposed: [...arm.proposed], accepted: [...arm.accepted] })),
    },
  }
}

function scoredToken({ id, logprob }: Pick<TokenLogprob, 'id' | 'logprob'>, tokens: TokenBytes) {
  const bytes = tokens.bytesOf(id)
  return { text: new TextDecoder().decode(bytes), bytes: [...bytes], logprob }
}
