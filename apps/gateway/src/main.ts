import { followProcesses, Membership } from '@foretoken/cluster'
import { listen, openDatabase, type Process, TENANTS_CHANNEL } from '@foretoken/db'
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
    actor: { kind: 'system', id: 'gateway' },
    onIdleError: (err) => logger.warn({ err }, 'an idle database connection broke'),
  })
  lifecycle.on('close', 'database', () => db.close())
  const onError = (err: unknown) => logger.warn({ err }, 'the register did not answer')
  const membership = new Membership({ db, role: 'gateway', details: () => ({}), onError })
  const { url } = await startGateway({
    id: membership.id,
    config: config.gateway,
    logger,
    lifecycle,
    registry: createRegistry(),
    store: postgresStore(db, config.keyPepper),
    management: { db, pepper: config.keyPepper },
    followWorkers: async (onChange) => {
      const { databaseUrl } = config
      const urlsOf = (workers: readonly Process[]) => workers.flatMap(({ url }) => url ?? [])
      const read = (workers: readonly Process[]) => onChange(urlsOf(workers))
      const follower = await followProcesses({ db, databaseUrl, role: 'worker', onChange: read, onError })
      return () => follower.close()
    },
    followTenants: (onNotification) => {
      const listening = listen(config.databaseUrl, TENANTS_CHANNEL, { onNotification, onError })
      return () => listening.close()
    },
  })
  await membership.join(url)
  lifecycle.on('announce', 'register', () => membership.drain())
  lifecycle.on('close', 'register', () => membership.leave())
  logger.info({ url }, 'listening')
  process.send?.({ type: 'ready', url })
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
})
