import { type GenerateCall, type SpeculationMetrics, toSpeculationMetrics } from '@foretoken/protocol'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { Context } from 'hono'
import type { AnswerEvent } from '../generation/answer.ts'
import { generate } from '../generation/generate.ts'
import { sendEvents } from '../generation/sse.ts'
import type { AuthenticatedEnv, Services } from '../services.ts'
import type { UsageRecord } from '../store.ts'
import { requireModel } from './model.ts'

/** What sets one endpoint's answers apart from another's. */
export interface AnswerFormat {
  readonly endpoint: UsageRecord['endpoint']
  /** What an event becomes in a stream: server-sent events, or nothing. */
  eventsOf(event: AnswerEvent): string
  /** The body of a plain answer. */
  bodyOf(batches: AsyncIterable<readonly AnswerEvent[]>): Promise<object>
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
  requireModel(services.workers, request.model)
  const { model, stream, calls } = request
  const facts = { requestId: ctx.var.requestId, key: ctx.var.key, endpoint: format.endpoint, model, stream }
  const { outgoing } = ctx.env
  const controller = services.inFlight.enter(outgoing)
  const events = generate(services, { facts, calls, controller })
  if (!stream) return ctx.json(await format.bodyOf(events))

  const { keepAliveMs, stallMsMax } = services.config.limits
  await sendEvents(encode(events, format), {
    outgoing,
    keepAliveMs,
    stallMsMax,
    onFault: (err) => services.logger.error({ err, requestId: facts.requestId }, 'stream failed'),
  })
  return RESPONSE_ALREADY_SENT
}

/** `metrics` of an answer, for requests that asked for it. */
export function metricsOf(
  end: Extract<AnswerEvent, { type: 'end' }>,
  request: { readonly speculation: { readonly metrics: boolean } },
): { metrics?: SpeculationMetrics } {
  return request.speculation.metrics ? { metrics: toSpeculationMetrics(end.speculation) } : {}
}

/** What comes together is one text. */
async function* encode(batches: AsyncGenerator<readonly AnswerEvent[]>, format: AnswerFormat): AsyncGenerator<string> {
  for await (const events of batches) yield events.map((event) => format.eventsOf(event)).join('')
}
