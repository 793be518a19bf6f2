import { setTimeout as sleep } from 'node:timers/promises'
import { createRequestMetrics, type Lifecycle, type Logger, type Registry } from '@foretoken/telemetry'
import { createApp } from './app.ts'
import type { GatewayConfig } from './config.ts'
import { Verdicts } from './drafts/verdicts.ts'
import { InFlight } from './generation/in-flight.ts'
import { Idempotency } from './idempotency/idempotency.ts'
import { KeyCache } from './keys/key-cache.ts'
import { Admissions } from './limits/admissions.ts'
import { type ListeningServer, listen } from './server.ts'
import type { Management, Services } from './services.ts'
import type { Store } from './store.ts'
import { Journal } from './usage/journal.ts'
import { UsageWriter } from './usage/writer.ts'
import { type AnnouncedWorker, WorkerPool } from './workers/pool.ts'

export interface GatewayParts {
  /** This process, as the register and the journal name it. */
  readonly id: string
  readonly config: GatewayConfig
  readonly logger: Logger
  readonly lifecycle: Lifecycle
  readonly registry: Registry
  readonly store: Store
  readonly management?: Management
  /** The platform's time; absent: this machine's. */
  readonly clock?: () => number
  /** Calls back with the registered workers, first before it resolves; returns what ends it. */
  readonly followWorkers?: (onChange: (workers: readonly AnnouncedWorker[]) => void) => Promise<() => Promise<void>>
  /**
   * Calls back with the tenant whose keys resolve to something else now; null: some may have been missed. Returns what
   * ends it. Absent: changes are noticed when trust in an answer ends.
   */
  readonly followTenants?: (onChange: (tenantId: string | null) => void) => () => Promise<void>
}

const FLUSH_MS_MAX = 10_000
const SWEEP_MS = 600_000

/** Puts the parts together, listens, and adds the steps of its own end to the lifecycle. */
export async function startGateway(parts: GatewayParts): Promise<{ url: string; services: Services }> {
  const { config, logger, lifecycle, store } = parts
  const { limits } = config
  const keys = new KeyCache(store, {
    trustMs: limits.keyCacheMs,
    databaseMsMax: limits.databaseMsMax,
    now: () => performance.now(),
  })
  const metrics = createRequestMetrics(parts.registry)
  const services: Services = {
    clock: Date.now,
    ...parts,
    metrics,
    keys,
    verdicts: new Verdicts(store, keys, logger),
    workers: new WorkerPool({
      urls: config.workerUrls,
      clusterSecret: config.clusterSecret,
      ...(config.clusterCa && { clusterCa: config.clusterCa }),
      pollMs: limits.workerPollMs,
      silenceMsMax: limits.workerSilenceMsMax,
      logger,
    }),
    usage: new UsageWriter(store, logger),
    admissions: new Admissions(store, logger, metrics, {
      gatewayId: parts.id,
      databaseMsMax: limits.databaseMsMax,
      leaseMs: limits.reservationMs,
      renewMs: limits.journalMs,
      now: () => performance.now(),
    }),
    idempotency: new Idempotency(store, logger, {
      gatewayId: parts.id,
      databaseMsMax: limits.databaseMsMax,
      leaseMs: limits.reservationMs,
      renewMs: limits.journalMs,
      keptMs: limits.idempotencyKeptMs,
      bytesMax: limits.idempotencyBytesMax,
    }),
    journal: new Journal(store, logger, { gatewayId: parts.id, everyMs: limits.journalMs }),
    inFlight: new InFlight(),
  }
  await services.workers.start()
  const following = await parts.followWorkers?.((workers) => void services.workers.follow(workers))
  if (following) lifecycle.on('close', 'register', following)
  const deaf = parts.followTenants?.((tenantId) => (tenantId === null ? keys.dropAll() : keys.drop(tenantId)))
  if (deaf) lifecycle.on('close', 'tenants', deaf)
  const server = await listen(createApp(services), config)
  planShutdown(lifecycle, services, server)
  lifecycle.markReady()
  return { url: server.url, services }
}

function planShutdown(lifecycle: Lifecycle, services: Services, server: ListeningServer): void {
  const { admissions, idempotency, inFlight, journal, usage, verdicts, workers, config } = services
  const sweeping = setInterval(() => void sweep(services), SWEEP_MS).unref()
  lifecycle.on('announce', 'time to hear of it', () => sleep(config.limits.propagationMs))
  lifecycle.on('stop admitting', 'requests', () => inFlight.stopAdmitting())
  lifecycle.on('stop admitting', 'connections', () => {
    void server.stop()
  })
  lifecycle.on('drain', 'requests in flight', () => inFlight.drain(config.limits.drainMsMax))
  lifecycle.on('drain', 'answers on their way', () => server.stop())
  lifecycle.on('flush', 'sweeping', () => clearInterval(sweeping))
  lifecycle.on('flush', 'journal', () => journal.close())
  lifecycle.on('flush', 'usage', () => usage.flush(FLUSH_MS_MAX))
  lifecycle.on('flush', 'answers to keep', () => idempotency.close())
  lifecycle.on('flush', 'reservations', () => admissions.close())
  lifecycle.on('flush', 'verdicts on drafts', () => verdicts.settled())
  lifecycle.on('close', 'worker clients', () => workers.close())
  lifecycle.on('close', 'connections', () => server.destroy())
}

/** Nobody finds what has expired; this is when it is gone. */
async function sweep({ store, logger }: Services): Promise<void> {
  try {
    const responses = await store.removeExpiredResponses()
    const answers = await store.removeExpiredClaims()
    if (responses + answers > 0) logger.info({ responses, answers }, 'removed what had expired')
  } catch (err) {
    logger.warn({ err }, 'what has expired was not removed')
  }
}
