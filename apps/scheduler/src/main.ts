import { ClusterClock, Membership } from '@foretoken/cluster'
import { openDatabase, TARGET_AWAY_MS } from '@foretoken/db'
import { openQueue } from '@foretoken/jobs'
import { FORGET_MARGIN_MS } from '@foretoken/learning'
import { openObjectStore } from '@foretoken/storage'
import { createLogger, DATABASE_OUTAGE, Lifecycle, Outage } from '@foretoken/telemetry'
import { readConfig } from './config.ts'
import { Scheduler } from './scheduler.ts'

/** Traces are kept for so many runs' worth of tokens. */
const RUNS_KEPT = 10

/** The scheduler as a process. A supervisor that spawned it with an IPC channel is told when it is at work. */
async function main(): Promise<void> {
  const config = readConfig(process.env)
  const logger = createLogger('scheduler', config.logLevel)
  const lifecycle = new Lifecycle({ logger })
  lifecycle.listen()
  const outage = new Outage(logger, DATABASE_OUTAGE)
  const onError = (err: unknown) => outage.failed(err)
  const db = openDatabase(config.databaseUrl, {
    connectionsMax: 3,
    actor: { kind: 'system', id: 'scheduler' },
    onIdleError: onError,
  })
  lifecycle.on('close', 'database', () => db.close())
  const queueOutage = new Outage(logger, {
    begins: 'something is wrong with the queue',
    ends: 'the queue took a job again',
  })
  const queue = await openQueue(config.queueUrl, 'training', { onError: (err) => queueOutage.failed(err) })
  lifecycle.on('close', 'queue', () => queue.close())
  const clock = new ClusterClock()
  const membership = new Membership({
    ...{ db, role: 'scheduler', details: () => ({}), onError, clock },
    onAnnounced: () => outage.worked(),
  })
  const scheduler = new Scheduler({
    db,
    store: openObjectStore(config.objectStore),
    logger,
    id: membership.id,
    rules: config.rules,
    sweepRules: {
      keepTokens: config.rules.training.tokensMax * RUNS_KEPT,
      // What a worker holds when its tenant is forgotten, and what it is still generating.
      forgetMarginMs: FORGET_MARGIN_MS,
      awayMs: TARGET_AWAY_MS,
    },
    closeRules: config.closeRules,
    roundMs: config.roundMs,
    clock: clock.now,
    // Trainers look for runs now and then in any case.
    wakeTrainers: () =>
      queue.add({ version: 1 }).then(
        () => queueOutage.worked(),
        (err: unknown) => queueOutage.failed(err),
      ),
  })
  // It knows the database's time from then on.
  await membership.join(null)
  scheduler.start()
  lifecycle.on('drain', 'the round under way', () => scheduler.stop())
  lifecycle.on('announce', 'register', () => membership.drain())
  lifecycle.on('close', 'register', () => membership.leave())
  lifecycle.markReady()
  logger.info('scheduling')
  process.send?.({ type: 'ready' })
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
})
