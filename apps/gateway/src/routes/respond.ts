import { type ApiError, type SpeculationMetrics, toSpeculationMetrics } from '@foretoken/protocol'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { Context } from 'hono'
import type { AnswerEvent } from '../generation/answer.ts'
import { type Generation, generate } from '../generation/generate.ts'
import { DONE_EVENT, SSE_HEADERS, sendEvents } from '../generation/sse.ts'
import { captured } from '../idempotency/captured.ts'
import type { Run } from '../idempotency/idempotency.ts'
import { demandOf } from '../limits/demand.ts'
import { rateLimitHeaders } from '../limits/headers.ts'
import type { Hold } from '../limits/hold.ts'
import type { AuthenticatedEnv, Services } from '../services.ts'
import type { UsageRecord } from '../store.ts'
import { requireModel } from '../workers/known-model.ts'
import type { UnroutedCall } from '../workers/route.ts'

/** What sets one endpoint's answers apart from another's. */
export interface AnswerFormat {
  readonly endpoint: UsageRecord['endpoint']
  /** What an event becomes in a stream: server-sent events, or nothing. */
  eventsOf(event: AnswerEvent): string | Promise<string>
  /** What a stream that has begun says of an error; absent: the envelope. */
  errorEvent?(error: ApiError): string
  /** What a stream ends with; absent: [DONE]. */
  readonly doneEvent?: string
  /** The body of a plain answer. */
  bodyOf(batches: AsyncIterable<readonly AnswerEvent[]>): Promise<object>
}

interface GeneratingRequest {
  readonly model: string
  readonly stream: boolean
  readonly calls: readonly UnroutedCall[]
  readonly run: Run
}

/** Runs a valid request and answers it as a stream or in one piece; keeps the answer of one that has a name. */
export async function respond(
  services: Services,
  ctx: Context<AuthenticatedEnv>,
  request: GeneratingRequest,
  format: AnswerFormat,
): Promise<Response> {
  const { run, stream } = request
  const events = await start(services, ctx, request, format)
  if (stream) return sendStream(services, ctx, { events, format, run })
  const body = JSON.stringify(await format.bodyOf(events))
  run.end({ status: 200, contentType: JSON_TYPE, body: Buffer.from(body) })
  return ctx.body(body, 200, { 'content-type': JSON_TYPE })
}

const JSON_TYPE = 'application/json'

/** Asks whether a request is admitted, and makes its answer ready. */
async function start(
  services: Services,
  ctx: Context<AuthenticatedEnv>,
  { model, stream, calls, run }: GeneratingRequest,
  format: AnswerFormat,
): Promise<AsyncGenerator<readonly AnswerEvent[]>> {
  await requireModel(services, model)
  const { requestId, attempt } = run
  const facts = { requestId, key: ctx.var.key, endpoint: format.endpoint, model, stream, attempt }
  const controller = services.inFlight.enter(ctx.env.outgoing, run)
  const startedAt = new Date(services.clock())
  const early = services.admissions.isSureOf(facts.key)
  const admission = facts.key.bounds === 'none' ? null : admit(services, ctx, { facts, calls, startedAt })
  return generate(services, { facts, calls, controller, startedAt, admission, early })
}

interface Answer {
  readonly events: AsyncGenerator<readonly AnswerEvent[]>
  readonly format: AnswerFormat
  readonly run: Run
}

/** Rejects with what went wrong before the first text, and is done with what comes later. */
async function sendStream(
  services: Services,
  ctx: Context<AuthenticatedEnv>,
  { events, format, run }: Answer,
): Promise<Response> {
  const { keepAliveMs, stallMsMax } = services.config.limits
  const { doneEvent = DONE_EVENT } = format
  const keep = (whole: string | null) =>
    run.end(
      whole === null
        ? null
        : { status: 200, contentType: SSE_HEADERS['content-type'], body: Buffer.from(whole + doneEvent) },
    )
  const texts = encode(events, format)
  await sendEvents(run.detached ? captured(texts, keep) : texts, {
    ...{ outgoing: ctx.env.outgoing, keepAliveMs, stallMsMax, doneEvent },
    ...(format.errorEvent && { errorEvent: (error: ApiError) => format.errorEvent?.(error) ?? '' }),
    onFault: (err) => services.logger.error({ err, requestId: run.requestId }, 'stream failed'),
  })
  return RESPONSE_ALREADY_SENT
}

/** Null where no limits bound it. The answer's headers say what is left of them. */
function admit(
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

/** What comes together is one text. */
async function* encode(batches: AsyncGenerator<readonly AnswerEvent[]>, format: AnswerFormat): AsyncGenerator<string> {
  for await (const events of batches) {
    let text = ''
    for (const event of events) {
      const written = format.eventsOf(event)
      text += typeof written === 'string' ? written : await written
    }
    yield text
  }
}
