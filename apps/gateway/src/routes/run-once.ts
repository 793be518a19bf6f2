import type { Context } from 'hono'
import { seedOf } from '../generation/calls.ts'
import { SSE_HEADERS } from '../generation/sse.ts'
import type { Run } from '../idempotency/idempotency.ts'
import type { AuthenticatedEnv, Services } from '../services.ts'
import type { StoredAnswer, UsageRecord } from '../store.ts'

interface NamedRequest {
  readonly endpoint: UsageRecord['endpoint']
  readonly body: string
  /** The client's own. */
  readonly seed: number | undefined
}

/**
 * Answers a request whose `Idempotency-Key` has its answer already with that one, and any other by `answer`, which is
 * told what names the request and decides its draws. One that fails may be sent again at once.
 */
export async function runOnce(
  services: Services,
  ctx: Context<AuthenticatedEnv>,
  { endpoint, body, seed }: NamedRequest,
  answer: (run: Run) => Promise<Response>,
): Promise<Response> {
  const run = await services.idempotency.begin({
    tenantId: ctx.var.key.tenantId,
    name: ctx.req.header('idempotency-key'),
    ...{ endpoint, body, requestId: ctx.var.requestId, seed: seedOf(seed) },
  })
  if (run.requestId !== ctx.var.requestId) ctx.env.outgoing.setHeader('x-foretoken-request-id', run.requestId)
  if ('answer' in run) return replay(ctx, run.answer)
  try {
    return await answer(run)
  } catch (error) {
    run.end(null)
    throw error
  }
}

function replay(ctx: Context<AuthenticatedEnv>, { contentType, body }: StoredAnswer): Response {
  const stream = contentType === SSE_HEADERS['content-type']
  const headers = { ...(stream && SSE_HEADERS), 'content-type': contentType, 'idempotent-replayed': 'true' }
  return ctx.body(Uint8Array.from(body), 200, headers)
}
