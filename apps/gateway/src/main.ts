import { openDatabase } from '@foretoken/db'
import { createLogger, createRegistry, Lifecycle } from '@foretoken/telemetry'
import { readConfig } from './config.ts'
import { startGateway } from './gateway.ts'
import { postgresStore } from './store.ts'

/** The gateway as a process. A supervisor that spawned it with an IPC channel is told when and where it listens. */
async function main(): Promise<void> {
  const config = readConfig(process.env)
  const logger = createLogger('gateway', config.logLevel)
  const lifecycle = new Lifecycle({ logger })
  lifecycle.listen()
  const db = openDatabase(config.databaseUrl, {
    onIdleError: (err) => logger.warn({ err }, 'an idle database connection broke'),
  })
  lifecycle.on('close', 'database', () => db.close())
  const { url } = await startGateway({
    config: config.gateway,
    logger,
    lifecycle,
    registry: createRegistry(),
    store: postgresStore(db, config.keyPepper),
  })
  logger.info({ url }, 'listening')
  process.send?.({ type: 'ready', url })
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
})
