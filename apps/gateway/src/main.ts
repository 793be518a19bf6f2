import { ClusterClock, followProcesses, Membership, processDetails } from '@foretoken/cluster'
import { listen, openDatabase, type Process, TENANTS_CHANNEL } from '@foretoken/db'
import { createLogger, createRegistry, DATABASE_OUTAGE, Lifecycle, Outage } from '@foretoken/telemetry'
import { readConfig } from './config.ts'
import { startGateway } from './gateway.ts'
import { postgresStore } from './store.ts'
import type { AnnouncedWorker } from './workers/pool.ts'

/** The gateway as a process. A supervisor that spawned it with an IPC channel is told when and where it listens. */
async function main(): Promise<void> {
  const config = readConfig(process.env)
  const logger = createLogger('gateway', config.logLevel)
  const lifecycle = new Lifecycle({ logger })
  lifecycle.listen()
  const outage = new Outage(logger, DATABASE_OUTAGE)
  const onError = (err: unknown) => outage.failed(err)
  const db = openDatabase(config.databaseUrl, { actor: { kind: 'system', id: 'gateway' }, onIdleError: onError })
  lifecycle.on('close', 'database', () => db.close())
  const clock = new ClusterClock()
  const membership = new Membership({
    ...{ db, role: 'gateway', details: () => ({}), onError, clock },
    onAnnounced: () => outage.worked(),
  })
  const { url } = await startGateway({
    id: membership.id,
    config: config.gateway,
    logger,
    lifecycle,
    registry: createRegistry(),
    clock: clock.now,
    store: postgresStore(db, config.keyPepper),
    management: { db, pepper: config.keyPepper },
    followWorkers: async (onChange) => {
      const { databaseUrl } = config
      const read = (workers: readonly Process[]) => onChange(workers.flatMap((worker) => announced(worker) ?? []))
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

function announced(worker: Process): AnnouncedWorker | null {
  if (worker.url === null) return null
  const details = processDetails(worker)
  return { url: worker.url, draining: worker.state === 'draining', load: details && details.running + details.waiting }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
})
