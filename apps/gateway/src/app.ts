import { Hono } from 'hono'
import { authenticate } from './middleware/authenticate.ts'
import { limitBody } from './middleware/body.ts'
import { errorHandler, methodNotAllowed, notFound } from './middleware/errors.ts'
import { requestId } from './middleware/request-id.ts'
import { chatCompletions } from './routes/chat-completions/handler.ts'
import { completions } from './routes/completions/handler.ts'
import { live, ready } from './routes/health/handler.ts'
import { metrics } from './routes/metrics/handler.ts'
import { getModel, listModels } from './routes/models/handler.ts'
import { deleteResponse, getResponse } from './routes/responses/by-id.ts'
import { createResponse } from './routes/responses/handler.ts'
import { costs, usage } from './routes/usage/handler.ts'
import type { GatewayEnv, Services } from './services.ts'

/** Everything the gateway answers. */
export function createApp(services: Services): Hono<GatewayEnv> {
  const app = new Hono<GatewayEnv>()
  const tenant = authenticate(services.keys)
  const body = limitBody(services.config.limits.bodyBytesMax)

  app.use(requestId(services.logger))

  app.post('/v1/chat/completions', tenant, body, chatCompletions(services))
  app.post('/v1/completions', tenant, body, completions(services))
  app.post('/v1/responses', tenant, body, createResponse(services))
  app.get('/v1/responses/:id', tenant, getResponse(services))
  app.delete('/v1/responses/:id', tenant, deleteResponse(services))
  app.get('/v1/models', tenant, listModels(services))
  app.get('/v1/models/:id{.+}', tenant, getModel(services))

  app.get('/v1/organization/usage/completions', tenant, usage(services))
  app.get('/v1/organization/costs', tenant, costs(services))

  app.get('/healthz', live())
  app.get('/readyz', ready(services))
  app.get('/metrics', metrics(services))

  app.on(OTHER_METHODS, ['/v1/chat/completions', '/v1/completions', '/v1/responses'], methodNotAllowed(['POST']))
  app.on(OTHER_METHODS, ['/v1/responses/:id'], methodNotAllowed(['GET', 'DELETE']))
  app.on(OTHER_METHODS, ['/v1/models', '/v1/models/:id{.+}'], methodNotAllowed(['GET']))
  app.on(OTHER_METHODS, ['/v1/organization/usage/completions', '/v1/organization/costs'], methodNotAllowed(['GET']))
  app.on(OTHER_METHODS, ['/healthz', '/readyz', '/metrics'], methodNotAllowed(['GET']))
  app.notFound(notFound)
  app.onError(errorHandler(services.logger))
  return app
}

/** What is left after a path's own methods matched; HEAD goes with GET. */
const OTHER_METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
