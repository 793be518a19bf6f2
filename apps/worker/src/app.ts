import {
  ALIVE_MS,
  detokenizeCallSchema,
  encodeFrame,
  type Frame,
  generateCallSchema,
  RPC_PREFIX,
  tokenizeCallSchema,
  type WorkerError,
  type WorkerStatus,
} from '@foretoken/protocol'
import { type Context, Hono } from 'hono'
import { bearerAuth } from 'hono/bearer-auth'
import type { z } from 'zod'
import { compiledConstraint } from './generate/constraint.ts'
import { generateFrames, workerError } from './generate/frames.ts'
import { generationRequest } from './generate/request.ts'
import type { Serving } from './serving.ts'
import { detokenize, tokenize } from './tokenize/tokenize.ts'

const NDJSON = { 'content-type': 'application/x-ndjson' }

/** The internal RPC of design section 2: gateways come in with the cluster's secret, tenants never do. */
export function createApp(serving: Serving, clusterSecret: string): Hono {
  const app = new Hono().basePath(RPC_PREFIX)
  app.use(bearerAuth({ token: clusterSecret }))

  app.post('/generate', async (ctx) => {
    const call = generateCallSchema.safeParse(await ctx.req.json().catch(() => undefined))
    if (!call.success) {
      return errorAnswer(brokenCall(call.error))
    }
    if (call.data.model !== serving.model.id) return errorAnswer(otherModel(call.data.model))
    if (call.data.fingerprint !== serving.target.fingerprint) {
      return errorAnswer({ code: 'target_changed', message: 'This worker has other weights now.', param: null })
    }
    try {
      const constraint = await compiledConstraint(call.data, serving)
      const request = generationRequest(call.data, serving, constraint)
      serving.drafts.prepare(call.data, (tenant) => {
        serving.engine.forget(tenant)
        serving.constraints?.forget(tenant)
      })
      return new Response(encoded(generateFrames(serving.frameSource, request, ctx.req.raw.signal)), {
        headers: NDJSON,
      })
    } catch (error) {
      serving.frameSource.onFault(error)
      return errorAnswer(workerError(error))
    }
  })

  app.post('/tokenize', (ctx) => answer(ctx, tokenizeCallSchema, (call) => tokenize(call, serving)))
  app.post('/detokenize', (ctx) => answer(ctx, detokenizeCallSchema, (call) => detokenize(call, serving.model)))

  /** One short answer, or why there is none. */
  async function answer<Call extends { readonly model: string }>(
    ctx: Context,
    schema: z.ZodType<Call>,
    run: (call: Call) => object,
  ): Promise<Response> {
    const call = schema.safeParse(await ctx.req.json().catch(() => undefined))
    if (!call.success) return declined(brokenCall(call.error))
    if (call.data.model !== serving.model.id) return declined(otherModel(call.data.model))
    try {
      return ctx.json(run(call.data))
    } catch (error) {
      serving.frameSource.onFault(error)
      return declined(workerError(error))
    }
  }

  app.get('/status', (ctx) => ctx.json(serving.status() satisfies WorkerStatus))
  app.get('/metrics', async (ctx) => ctx.json(await serving.registry.getMetricsAsJSON()))
  return app
}

/** Not the tenant's doing: a gateway of another version speaks here. */
function brokenCall(error: z.ZodError): WorkerError {
  const paths = error.issues.map((issue) => issue.path.join('.')).join(', ')
  return { code: 'internal', message: `The call breaks the RPC's schema at: ${paths || 'its body'}.`, param: null }
}

function otherModel(model: string): WorkerError {
  return { code: 'model_not_found', message: `This worker does not serve the model '${model}'.`, param: 'model' }
}

function declined(error: WorkerError): Response {
  return Response.json({ error }, { status: 400 })
}

function errorAnswer(error: WorkerError): Response {
  return new Response(encodeFrame({ type: 'error', error }), { headers: NDJSON })
}

/**
 * Frames as bytes, pulled at the reader's pace, with a sign of life wherever there was none for a while; a reader that
 * goes away ends the iteration.
 */
function encoded(frames: AsyncGenerator<Frame>): ReadableStream<Uint8Array> {
  const utf8 = new TextEncoder()
  let beat: NodeJS.Timeout | undefined
  let silent = false
  return new ReadableStream({
    async pull(controller) {
      const { value, done } = await frames.next()
      if (done) {
        clearInterval(beat)
        controller.close()
        return
      }
      silent = false
      controller.enqueue(utf8.encode(encodeFrame(value)))
      beat ??= setInterval(() => {
        // A reader that is behind has something to read.
        if (silent && (controller.desiredSize ?? 0) > 0) controller.enqueue(utf8.encode(encodeFrame({ type: 'alive' })))
        silent = true
      }, ALIVE_MS / 2)
    },
    cancel: async () => {
      clearInterval(beat)
      await frames.return(undefined)
    },
  })
}
