import type { Context } from 'hono'
import { seedOf } from '../generation/calls.ts'
import { SSE_HEADERS } from '../generation/sse.ts'
import type { Run } from '../idempotency/idempotency.ts'
import type { AuthenticatedEnv, Services } from '../services.ts'
import type { StoredAnswer, UsageRecord } from '../store.ts'

interface BegunRequest {
  readonly endpoint: UsageRecord['endpoint']
  readonly body: string
  /** The client's own. */
  readonly seed: number | undefined
}

/** What names a request and decides its draws; the answer itself where its Idempotency-Key has one already. */
export async function begin(
  services: Services,
  ctx: Context<AuthenticatedEnv>,
  { endpoint, body, seed }: BegunRequest,
): Promise<Run | Response> {
  const run = await services.idempotency.begin({
    tenantId: ctx.var.key.tenantId,
    name: ctx.req.header('idempotency-key'),
    ...{ endpoint, body, requestId: ctx.var.requestId, seed: seedOf(seed) },
  })
  if (run.requestId !== ctx.var.requestId) ctx.env.outgoing.setHeader('x-foretoken-request-id', run.requestId)
  return 'answer' in run ? replay(ctx, run.answer) : run
}

function replay(ctx: Context<AuthenticatedEnv>, { contentType, body }: StoredAnswer): Response {
  const stream = contentType === SSE_HEADERS['content-type']
  const headers = { ...(stream && SSE_HEADERS), 'content-type': contentType, 'idempotent-replayed': 'true' }
  return ctx.body(Uint8Array.from(body), 200, headers)
}
