import {
  type Engine,
  EngineError,
  type GenerationEvent,
  type GenerationRequest,
  type SpeculationSummary,
  type TokenLogprob,
  type TrialSummary,
} from '@foretoken/engine'
import type { DraftVerdict, Frame, WorkerError } from '@foretoken/protocol'

interface TokenBytes {
  bytesOf(id: number): Uint8Array
}

export interface FrameSource {
  readonly engine: Pick<Engine, 'admit'>
  readonly tokens: TokenBytes
  readonly worker: string
  /** What was found out about the drafts of a tenant. */
  verdictsOf(tenant: string): DraftVerdict[]
  /** Told what the arms, and candidates that are tried, did in a request that ended. */
  readonly onEnd?: (ended: EndedRequest) => void
  /** Told about failures that are not the tenant's doing. */
  readonly onFault: (error: unknown) => void
}

export interface EndedRequest {
  readonly tenant: string
  readonly request: string
  readonly arms: SpeculationSummary['arms']
  readonly trials: readonly TrialSummary[]
}

/**
 * One request as RPC frames: `start`, then text and finishes, then `end`; or an `error` that ends them. Counts are
 * cumulative, so a frame read twice bills nothing twice. Leaving the iteration cancels the request.
 */
export async function* generateFrames(
  source: FrameSource,
  request: GenerationRequest,
  signal: AbortSignal,
): AsyncGenerator<Frame> {
  const admission = source.engine.admit(request, signal)
  if (!admission.ok) {
    yield { type: 'error', error: workerError(admission.error) }
    return
  }
  yield { type: 'start', worker: source.worker, promptTokens: request.prompt.length }
  const completionTokens = Array.from(
    { length: request.choices },
    (_, choice) => request.resumed?.[choice]?.length ?? 0,
  )
  try {
    for await (const event of admission.events) {
      if (event.type === 'text') {
        const total = (completionTokens[event.choice] ?? 0) + event.tokens.length
        completionTokens[event.choice] = total
        yield textFrame(event, total, source.tokens)
      } else if (event.type === 'finish') yield { type: 'finish', choice: event.choice, reason: event.reason }
      else {
        const { tenant, id } = request
        source.onEnd?.({ tenant, request: id, arms: event.speculation.arms, trials: event.trials })
        yield endFrame(event, source.verdictsOf(request.tenant))
      }
    }
  } catch (error) {
    source.onFault(error)
    yield { type: 'error', error: workerError(error) }
  }
}

/** The worker's errors in the RPC's words; anything unforeseen keeps its details to itself. */
export function workerError(error: unknown): WorkerError {
  if (error instanceof EngineError) return { code: error.code, message: error.message, param: error.param }
  return { code: 'internal', message: 'The worker failed on this request.', param: null }
}

function textFrame(
  event: Extract<GenerationEvent, { type: 'text' }>,
  completionTokens: number,
  table: TokenBytes,
): Frame {
  const { choice, text, cachedTokens } = event
  const tokens = [...event.tokens]
  const frame = {
    type: 'text' as const,
    choice,
    text,
    tokens,
    completionTokens,
    ...(cachedTokens > 0 && { cachedTokens }),
  }
  if (!event.logprobs) return frame
  const logprobs = event.logprobs.map((scored) => ({
    ...scoredToken(scored, table),
    top: scored.top.map((alternative) => scoredToken(alternative, table)),
  }))
  return { ...frame, logprobs }
}

function endFrame({ usage, speculation }: Extract<GenerationEvent, { type: 'end' }>, drafts: DraftVerdict[]): Frame {
  const arms = speculation.arms.map((arm) => ({ ...arm, proposed: [...arm.proposed], accepted: [...arm.accepted] }))
  return {
    type: 'end',
    usage,
    speculation: { ...speculation, acceptanceHistogram: [...speculation.acceptanceHistogram], arms },
    drafts,
  }
}

function scoredToken({ id, logprob }: Pick<TokenLogprob, 'id' | 'logprob'>, tokens: TokenBytes) {
  const bytes = tokens.bytesOf(id)
  return { text: new TextDecoder().decode(bytes), bytes: [...bytes], logprob }
}
