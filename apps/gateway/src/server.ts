import { createServer, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { createAdaptorServer } from '@hono/node-server'
import type { Hono } from 'hono'
import type { GatewayConfig } from './config.ts'
import type { GatewayEnv } from './services.ts'

export interface ListeningServer {
  readonly url: string
  /** Accepts no more connections and closes idle ones. Resolves when the last connection is gone. */
  stop(): Promise<void>
  /** Breaks the connections that are left. */
  destroy(): void
}

/** Serves over HTTPS when a certificate is configured, else over HTTP. Rejects when it can't listen. */
export async function listen(app: Hono<GatewayEnv>, config: GatewayConfig): Promise<ListeningServer> {
  const server = createHttpServer(app, config)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(config.port, config.host, resolve)
  })
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : config.port
  return {
    url: `${config.tls ? 'https' : 'http'}://${hostInUrl(config.host)}:${port}`,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
    destroy: () => server.closeAllConnections(),
  }
}

function createHttpServer(app: Hono<GatewayEnv>, { tls }: GatewayConfig): Server {
  const server = tls
    ? createAdaptorServer({ fetch: app.fetch, createServer: createTlsServer, serverOptions: tls })
    : createAdaptorServer({ fetch: app.fetch, createServer })
  if (!('closeAllConnections' in server)) throw new TypeError('not an HTTP/1.1 server')
  return server
}

/** Where a client of this machine finds a server that listens on `host`. */
function hostInUrl(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost'
  return host.includes(':') ? `[${host}]` : host
}
