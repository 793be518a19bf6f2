import { once } from 'node:events'
import { createLogger, Lifecycle } from '@foretoken/telemetry'
import { createAdaptorServer } from '@hono/node-server'
import { createApp } from './app.ts'
import { readConfig } from './config.ts'
import { startServing } from './serving.ts'

/** The worker as a process. A supervisor that spawned it with an IPC channel is told when and where it listens. */
async function main(): Promise<void> {
  const config = readConfig(process.env)
  const logger = createLogger('worker', config.logLevel).child({ worker: config.id })
  const lifecycle = new Lifecycle({ logger })
  lifecycle.listen()

  const serving = await startServing(config, logger, () => lifecycle.ready)
  const server = createAdaptorServer(createApp(serving, config.clusterSecret))
  lifecycle.on('drain', 'engine', () => serving.engine.drain())
  lifecycle.on('flush', 'traces', () => serving.drafts.close())
  lifecycle.on('close', 'model', () => serving.model.target.close())
  lifecycle.on('close', 'server', () => new Promise((resolve) => server.close(resolve)))

  server.listen(config.port, config.host)
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : config.port
  const url = `http://${config.host}:${port}`
  lifecycle.markReady()
  logger.info({ url }, 'listening')
  process.send?.({ type: 'ready', url })
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
})
