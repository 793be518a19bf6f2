import { once } from 'node:events'
import { createServer } from 'node:https'
import { Membership } from '@foretoken/cluster'
import { openDatabase, recordAcceptance } from '@foretoken/db'
import { createLogger, Lifecycle, type Logger } from '@foretoken/telemetry'
import { createAdaptorServer } from '@hono/node-server'
import { AcceptanceCounter } from './acceptance.ts'
import { createApp } from './app.ts'
import { readConfig } from './config.ts'
import { type Serving, startServing } from './serving.ts'

/** The worker as a process. A supervisor that spawned it with an IPC channel is told when and where it listens. */
async function main(): Promise<void> {
  const config = readConfig(process.env)
  const logger = createLogger('worker', config.logLevel).child({ worker: config.id })
  const lifecycle = new Lifecycle({ logger })
  lifecycle.listen()

  const serving = await startServing(config, logger, () => lifecycle.ready)
  const app = createApp(serving, config.clusterSecret)
  const server = createAdaptorServer(
    config.tls ? { fetch: app.fetch, createServer, serverOptions: config.tls } : { fetch: app.fetch },
  )
  lifecycle.on('drain', 'engine', () => serving.engine.drain())
  lifecycle.on('flush', 'traces', () => serving.drafts.close())
  lifecycle.on('close', 'model', () => serving.model.target.close())
  lifecycle.on('close', 'server', () => new Promise((resolve) => server.close(resolve)))

  server.listen(config.port, config.host)
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : config.port
  const url = config.publicUrl ?? `${config.tls ? 'https' : 'http'}://${config.host}:${port}`
  lifecycle.markReady()
  if (config.databaseUrl !== undefined) await register(config.databaseUrl, url, serving, { logger, lifecycle })
  logger.info({ url }, 'listening')
  process.send?.({ type: 'ready', url })
}

/** Gateways find it in the register; one that has none is found by its address. */
async function register(
  databaseUrl: string,
  url: string,
  serving: Serving,
  { logger, lifecycle }: { logger: Logger; lifecycle: Lifecycle },
): Promise<void> {
  const onError = (err: unknown) => logger.warn({ err }, 'the register did not answer')
  const db = openDatabase(databaseUrl, { connectionsMax: 1, onIdleError: onError })
  const membership = new Membership({ db, role: 'worker', details: serving.details, onError })
  const acceptance = new AcceptanceCounter({
    worker: membership.id,
    write: (batch) => recordAcceptance(db, batch),
    onError: (err) => logger.warn({ err }, 'acceptance not written yet'),
  })
  serving.countAcceptance((ended) => acceptance.add(ended))
  lifecycle.on('flush', 'acceptance', () => acceptance.close())
  await membership.join(url)
  lifecycle.on('announce', 'register', () => membership.drain())
  lifecycle.on('close', 'database', () => db.close())
  lifecycle.on('close', 'register', () => membership.leave())
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
})
