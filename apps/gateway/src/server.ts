import { createServer, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { createAdaptorServer } from '@hono/node-server'
import type { Hono } from 'hono'
import type { GatewayConfig } from './config.ts'
import type { GatewayEnv } from './services.ts'

export interface ListeningServer {
  readonly url: string
  /**
   * Accepts no more connections, and closes each as soon as its answer has gone out. Resolves when the last is gone;
   * calling it again waits for the same.
   */
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
  let stopped: Promise<void> | undefined
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : config.port
  return {
    url: `${config.tls ? 'https' : 'http'}://${hostInUrl(config.host)}:${port}`,
    stop: () => {
      stopped ??= stop(server)
      return stopped
    },
    destroy: () => server.closeAllConnections(),
  }
}

const IDLE_CHECK_MS = 25

/** Node closes the connections that are idle when a server stops, not those that become idle later. */
async function stop(server: Server): Promise<void> {
  const timer = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS)
  await new Promise<void>((resolve) => server.close(() => resolve()))
  clearInterval(timer)
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
