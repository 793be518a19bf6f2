import { ApiError, type GenerateCall, type SpeculationMetrics, toSpeculationMetrics } from '@foretoken/protocol'
import type { Context } from 'hono'
import type { AnswerEvent } from '../generation/answer.ts'
import { generate } from '../generation/generate.ts'
import { HEARTBEAT, withHeartbeat } from '../generation/heartbeat.ts'
import { DONE_EVENT, KEEP_ALIVE_COMMENT, sseEvent, sseResponse } from '../generation/sse.ts'
import type { AuthenticatedEnv, Services } from '../services.ts'
import type { UsageRecord } from '../store.ts'

/** What sets one endpoint's answers apart from another's. */
export interface AnswerFormat {
  readonly endpoint: UsageRecord['endpoint']
  /** The chunks of a stream that an event becomes. */
  chunksOf(event: AnswerEvent): readonly object[]
  /** The body of a plain answer. */
  bodyOf(events: AsyncIterable<AnswerEvent>): Promise<object>
}

interface GeneratingRequest {
  readonly model: string
  readonly stream: boolean
  readonly calls: readonly GenerateCall[]
}

/** Runs a valid request and answers it as a stream or in one piece. */
export async function respond(
  services: Services,
  ctx: Context<AuthenticatedEnv>,
  request: GeneratingRequest,
  format: AnswerFormat,
): Promise<Response> {
  checkModel(services, request.model)
  const { model, stream, calls } = request
  const facts = { requestId: ctx.var.requestId, key: ctx.var.key, endpoint: format.endpoint, model, stream }
  const controller = services.inFlight.enter(ctx.req.raw.signal)
  const events = generate(services, { facts, calls, controller })
  if (!stream) return ctx.json(await format.bodyOf(events))

  const { keepAliveMs, stallMsMax } = services.config.limits
  const beats = withHeartbeat(events, keepAliveMs)
  // What fails before the first event, or the first keep-alive, still gets an HTTP status of its own.
  const first = await beats.next()
  return sseResponse(encode(first, beats, format), {
    controller,
    stallMsMax,
    hangUp: () => ctx.env.outgoing.destroy(),
    onFault: (err) => services.logger.error({ err, requestId: facts.requestId }, 'stream failed'),
  })
}

/** `metrics` of an answer, for requests that asked for it. */
export function metricsOf(
  end: Extract<AnswerEvent, { type: 'end' }>,
  request: { readonly speculation: { readonly metrics: boolean } },
): { metrics?: SpeculationMetrics } {
  return request.speculation.metrics ? { metrics: toSpeculationMetrics(end.speculation) } : {}
}

/** A model counts as unknown only if some worker could be asked; otherwise nobody knows. */
function checkModel({ workers }: Services, model: string): void {
  const { models } = workers
  if (models.has(model)) return
  if (models.size > 0) throw new ApiError('model_not_found', { values: { model }, param: 'model' })
  throw new ApiError('no_worker', { values: {}, internal: 'no worker has ever answered' })
}

type Beat = AnswerEvent | typeof HEARTBEAT

async function* encode(
  first: IteratorResult<Beat>,
  rest: AsyncGenerator<Beat>,
  format: AnswerFormat,
): AsyncGenerator<string> {
  try {
    if (!first.done) yield textOf(first.value, format)
    for await (const beat of rest) yield textOf(beat, format)
    yield DONE_EVENT
  } finally {
    await rest.return(undefined)
  }
}

/** All chunks of one event in one write. */
function textOf(beat: Beat, format: AnswerFormat): string {
  return beat === HEARTBEAT ? KEEP_ALIVE_COMMENT : format.chunksOf(beat).map(sseEvent).join('')
}
