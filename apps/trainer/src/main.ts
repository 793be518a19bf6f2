import { constants, setPriority } from 'node:os'
import { Membership, type TrainerDetails } from '@foretoken/cluster'
import { type NewTarget, openDatabase, registerTarget } from '@foretoken/db'
import { openQueue } from '@foretoken/jobs'
import { adaptTenant } from '@foretoken/learning'
import { loadModel, targetFingerprint, targetForm } from '@foretoken/model'
import { openObjectStore } from '@foretoken/storage'
import { createLogger, Lifecycle, type Logger } from '@foretoken/telemetry'
import { readConfig, type TrainerConfig } from './config.ts'
import type { Adapt } from './run/execute.ts'
import { startTrainer } from './trainer.ts'

/** The trainer as a process. A supervisor that spawned it with an IPC channel is told when it is at work. */
async function main(): Promise<void> {
  const config = readConfig(process.env)
  const logger = createLogger('trainer', config.logLevel)
  const lifecycle = new Lifecycle({ logger })
  lifecycle.listen()
  yieldToServing(logger)

  const db = openDatabase(config.databaseUrl, {
    connectionsMax: 3,
    onIdleError: (err) => logger.warn({ err }, 'an idle database connection broke'),
  })
  lifecycle.on('close', 'database', () => db.close())
  const queue = await openQueue(config.queueUrl, 'training', {
    onError: (err) => logger.warn({ err }, 'something is wrong with the queue'),
  })
  lifecycle.on('close', 'queue', () => queue.close())
  const target: NewTarget = {
    name: config.modelName,
    fingerprint: await targetFingerprint(config.modelFolder),
    form: await targetForm(config.modelFolder),
  }
  const loop = startTrainer({
    // Said again whenever it looks for runs: it is trained for as long as somebody looks.
    target: () => registerTarget(db, target),
    db,
    store: openObjectStore(config.objectStore),
    adapt: adaptWith(config, target),
    logger,
    tokensMax: config.tokensMax,
  })
  lifecycle.on('drain', 'training', () => loop.stop())
  await queue.consume(() => loop.wake())
  const onError = (err: unknown) => logger.warn({ err }, 'the register did not answer')
  const details: TrainerDetails = { target: { name: target.name, fingerprint: target.fingerprint } }
  const membership = new Membership({ db, role: 'trainer', details: () => details, onError })
  await membership.join(null)
  lifecycle.on('announce', 'register', () => membership.drain())
  lifecycle.on('close', 'register', () => membership.leave())
  lifecycle.markReady()
  logger.info('training')
  process.send?.({ type: 'ready' })
}

/** The target is loaded for a run and closed after it: between runs a trainer holds nothing. */
function adaptWith({ modelFolder, staticDraft }: TrainerConfig, { fingerprint, form }: NewTarget): Adapt {
  return async (request) => {
    if (staticDraft === null) {
      const reason = 'There is no static draft for this target: train one with `foretoken draft train`.'
      return { outcome: 'too-little', figures: { tokens: 0, baseline: null, candidate: null }, reason }
    }
    if ((await targetFingerprint(modelFolder)) !== fingerprint) {
      throw new Error('the target has changed on disk since this trainer began: start it again')
    }
    const model = await loadModel(modelFolder, { threads: 1 })
    try {
      return await adaptTenant({ ...request, model, target: fingerprint, form, staticDraft })
    } finally {
      await model.target.close()
    }
  }
}

/** Serving comes first: the system gives this process what is left. */
function yieldToServing(logger: Logger): void {
  try {
    setPriority(constants.priority.PRIORITY_LOW)
  } catch (err) {
    logger.warn({ err }, 'the priority could not be lowered')
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
})
