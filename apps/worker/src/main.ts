import { once } from 'node:events'
import { createServer } from 'node:https'
import { ClusterClock, Membership, TargetPresence } from '@foretoken/cluster'
import { type Database, openDatabase, recordAcceptance } from '@foretoken/db'
import { openObjectStore } from '@foretoken/storage'
import { createLogger, DATABASE_OUTAGE, Lifecycle, type Logger, Outage } from '@foretoken/telemetry'
import { createAdaptorServer } from '@hono/node-server'
import { AcceptanceCounter } from './acceptance.ts'
import { adoptDrafts } from './adapters/adopt.ts'
import { createApp } from './app.ts'
import { readConfig } from './config.ts'
import { type Serving, startServing } from './serving.ts'

/** The worker as a process. A supervisor that spawned it with an IPC channel is told when and where it listens. */
async function main(): Promise<void> {
  const config = readConfig(process.env)
  const logger = createLogger('worker', config.logLevel).child({ worker: config.id })
  const lifecycle = new Lifecycle({ logger })
  lifecycle.listen()

  const clock = new ClusterClock()
  const serving = await startServing(config, logger, () => lifecycle.ready, clock.now)
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
  if (config.databaseUrl !== undefined)
    await register({ ...config, databaseUrl: config.databaseUrl }, url, serving, { logger, lifecycle, clock })
  logger.info({ url }, 'listening')
  process.send?.({ type: 'ready', url })
}

/** Gateways find it in the register; one that has none is found by its address. */
async function register(
  { databaseUrl, objectStore }: { readonly databaseUrl: string; readonly objectStore: string | undefined },
  url: string,
  serving: Serving,
  { logger, lifecycle, clock }: { logger: Logger; lifecycle: Lifecycle; clock: ClusterClock },
): Promise<void> {
  const outage = new Outage(logger, DATABASE_OUTAGE)
  const onError = (err: unknown) => outage.failed(err)
  const db = openDatabase(databaseUrl, { connectionsMax: 1, onIdleError: onError })
  const membership = new Membership({
    ...{ db, role: 'worker', details: serving.details, onError, clock },
    onAnnounced: () => outage.worked(),
  })
  const presence = new TargetPresence({
    ...{ db, target: serving.target, onError },
    onRegistered: (targetId) => void adopt(db, targetId, { objectStore, base: serving.ownDraft }, logger),
  })
  await presence.announce()
  const acceptance = new AcceptanceCounter({
    worker: membership.id,
    write: async (batch) => recordAcceptance(db, { ...batch, targetId: await presence.id() }),
    onError,
    clock: () => new Date(clock.now()),
  })
  serving.countAcceptance((ended) => acceptance.add(ended))
  lifecycle.on('flush', 'acceptance', () => acceptance.close())
  await membership.join(url)
  lifecycle.on('announce', 'register', () => membership.drain())
  lifecycle.on('close', 'database', () => db.close())
  lifecycle.on('close', 'register', () => {
    presence.close()
    return membership.leave()
  })
}

/** What was learned before targets were told apart serves again once it is known to be this target's. */
async function adopt(
  db: Database,
  targetId: string,
  { objectStore, base }: { readonly objectStore: string | undefined; readonly base: string | null },
  logger: Logger,
): Promise<void> {
  if (objectStore === undefined || base === null) return
  try {
    const adopted = await adoptDrafts(db, openObjectStore(objectStore), targetId, base)
    if (adopted > 0) logger.info({ adopted, targetId }, 'drafts of before belong to this target')
  } catch (err) {
    logger.warn({ err }, 'drafts of before stay unused until the next start')
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
})
