import { Hono } from 'hono'
import { mountAdmin } from './admin/index.ts'
import { authenticate } from './middleware/authenticate.ts'
import { limitBody } from './middleware/body.ts'
import { errorHandler, methodNotAllowed, notFound } from './middleware/errors.ts'
import { requestId } from './middleware/request-id.ts'
import { docs, openApi } from './openapi/handler.ts'
import { chatCompletions } from './routes/chat-completions/handler.ts'
import { completions } from './routes/completions/handler.ts'
import { live, ready } from './routes/health/handler.ts'
import { metrics } from './routes/metrics/handler.ts'
import { getModel, listModels } from './routes/models/handler.ts'
import { deleteResponse, getResponse } from './routes/responses/by-id.ts'
import { createResponse } from './routes/responses/handler.ts'
import { detokenize, tokenize } from './routes/tokenize/handler.ts'
import { costs, usage } from './routes/usage/handler.ts'
import { mountSelf } from './self/index.ts'
import type { GatewayEnv, Services } from './services.ts'

/** Everything the gateway answers. */
export function createApp(services: Services): Hono<GatewayEnv> {
  const app = new Hono<GatewayEnv>()
  const tenant = authenticate(services.keys, 'inference')
  const readsUsage = authenticate(services.keys, 'usage:read')
  const body = limitBody(services.config.limits.bodyBytesMax)

  app.use(requestId(services.logger))

  app.post('/v1/chat/completions', tenant, body, chatCompletions(services))
  app.post('/v1/completions', tenant, body, completions(services))
  app.post('/v1/responses', tenant, body, createResponse(services))
  app.get('/v1/responses/:id', tenant, getResponse(services))
  app.delete('/v1/responses/:id', tenant, deleteResponse(services))
  app.post('/tokenize', tenant, body, tokenize(services))
  app.post('/detokenize', tenant, body, detokenize(services))
  app.get('/v1/models', tenant, listModels(services))
  app.get('/v1/models/:id{.+}', tenant, getModel(services))

  app.get('/v1/organization/usage/completions', readsUsage, usage(services))
  app.get('/v1/organization/costs', readsUsage, costs(services))

  if (services.management) {
    mountSelf(app, services, services.management)
    mountAdmin(app, services, services.management)
  }

  app.get('/healthz', live())
  app.get('/readyz', ready(services))
  app.get('/metrics', metrics(services))
  app.get('/openapi.json', openApi())
  app.get('/docs', docs())

  /** What is left after a path's own methods matched; HEAD goes with GET. */
  const otherwise = (paths: readonly string[], allowed: readonly string[]) => {
    for (const path of paths) app.all(path, methodNotAllowed(allowed))
  }
  otherwise(['/v1/chat/completions', '/v1/completions', '/v1/responses', '/tokenize', '/detokenize'], ['POST'])
  otherwise(['/v1/responses/:id'], ['GET', 'DELETE'])
  otherwise(['/v1/models', '/v1/models/:id{.+}'], ['GET'])
  otherwise(['/v1/organization/usage/completions', '/v1/organization/costs'], ['GET'])
  otherwise(['/healthz', '/readyz', '/metrics', '/openapi.json', '/docs'], ['GET'])
  app.notFound(notFound)
  app.onError(errorHandler(services.logger))
  return app
}
