import { ApiError, type GenerateCall, type SpeculationMetrics, toSpeculationMetrics } from '@foretoken/protocol'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { Context } from 'hono'
import type { AnswerEvent } from '../generation/answer.ts'
import { type Generation, generate } from '../generation/generate.ts'
import { sendEvents } from '../generation/sse.ts'
import { demandOf } from '../limits/demand.ts'
import { rateLimitHeaders } from '../limits/headers.ts'
import type { Hold } from '../limits/hold.ts'
import type { AuthenticatedEnv, Services } from '../services.ts'
import type { UsageRecord } from '../store.ts'

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
  checkModel(services, request.model)
  const { model, stream, calls } = request
  const facts = { requestId: ctx.var.requestId, key: ctx.var.key, endpoint: format.endpoint, model, stream }
  const { outgoing } = ctx.env
  const controller = services.inFlight.enter(outgoing)
  const startedAt = new Date()
  const hold = await admit(services, ctx, { facts, calls, startedAt }).catch((error: unknown) => {
    services.inFlight.leave(controller)
    throw error
  })
  const events = generate(services, { facts, calls, controller, startedAt, hold })
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

/** Null where no limits bound it. The answer's headers say what is left of them. */
async function admit(
  { admissions }: Services,
  ctx: Context<AuthenticatedEnv>,
  { facts, calls, startedAt }: Pick<Generation, 'facts' | 'calls' | 'startedAt'>,
): Promise<Hold | null> {
  return admissions.admit(facts, demandOf(calls), startedAt, (admission) => {
    for (const [name, value] of Object.entries(rateLimitHeaders(admission))) ctx.env.outgoing.setHeader(name, value)
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

/** What comes together is one text. */
async function* encode(batches: AsyncGenerator<readonly AnswerEvent[]>, format: AnswerFormat): AsyncGenerator<string> {
  for await (const events of batches) yield events.map((event) => format.eventsOf(event)).join('')
}
