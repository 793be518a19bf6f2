import { Membership } from '@foretoken/cluster'
import { openDatabase } from '@foretoken/db'
import { openQueue } from '@foretoken/jobs'
import { FORGET_MARGIN_MS } from '@foretoken/learning'
import { openObjectStore } from '@foretoken/storage'
import { createLogger, Lifecycle } from '@foretoken/telemetry'
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
  const onError = (err: unknown) => logger.warn({ err }, 'a connection broke')
  const db = openDatabase(config.databaseUrl, { connectionsMax: 3, onIdleError: onError })
  lifecycle.on('close', 'database', () => db.close())
  const queue = await openQueue(config.queueUrl, 'training', { onError })
  lifecycle.on('close', 'queue', () => queue.close())
  const membership = new Membership({ db, role: 'scheduler', details: () => ({}), onError })
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
    },
    closeRules: config.closeRules,
    roundMs: config.roundMs,
    // Trainers look for runs now and then in any case.
    wakeTrainers: async () => void (await queue.add({ version: 1 }).catch(onError)),
  })
  scheduler.start()
  lifecycle.on('drain', 'the round under way', () => scheduler.stop())
  await membership.join(null)
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
