import { constants, setPriority } from 'node:os'
import { Membership } from '@foretoken/cluster'
import { openDatabase } from '@foretoken/db'
import { openQueue } from '@foretoken/jobs'
import { adaptTenant, judgeDraft } from '@foretoken/learning'
import { type LoadedModel, loadModel, targetFingerprint } from '@foretoken/model'
import { openObjectStore } from '@foretoken/storage'
import { createLogger, Lifecycle, type Logger } from '@foretoken/telemetry'
import { readConfig, type TrainerConfig } from './config.ts'
import type { Judge } from './judgement/execute.ts'
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
  const loop = startTrainer({
    db,
    store: openObjectStore(config.objectStore),
    adapt: adaptWith(config),
    judge: judgeWith(config),
    logger,
    tokensMax: config.tokensMax,
    promotion: config.promotion,
  })
  lifecycle.on('drain', 'training', () => loop.stop())
  await queue.consume(() => loop.wake())
  const onError = (err: unknown) => logger.warn({ err }, 'the register did not answer')
  const membership = new Membership({ db, role: 'trainer', details: () => ({}), onError })
  await membership.join(null)
  lifecycle.on('announce', 'register', () => membership.drain())
  lifecycle.on('close', 'register', () => membership.leave())
  lifecycle.markReady()
  logger.info('training')
  process.send?.({ type: 'ready' })
}

function adaptWith({ modelFolder, staticDraft }: TrainerConfig): Adapt {
  return async (request) => {
    if (staticDraft === null) {
      const figures = { tokens: 0, baseline: null, candidate: null }
      return { outcome: 'too-little', figures, reason: NO_STATIC_DRAFT }
    }
    return withTarget(modelFolder, (parts) => adaptTenant({ ...request, ...parts, staticDraft }))
  }
}

function judgeWith({ modelFolder, staticDraft }: TrainerConfig): Judge {
  return async (request) => {
    if (staticDraft === null) return { ok: false, reason: NO_STATIC_DRAFT }
    return withTarget(modelFolder, (parts) => judgeDraft({ ...request, ...parts, staticDraft }))
  }
}

const NO_STATIC_DRAFT = 'There is no static draft for this target: train one with `foretoken draft train`.'

/** The target is loaded for one piece of work and closed after it: in between a trainer holds nothing. */
async function withTarget<Result>(
  folder: string,
  work: (parts: { readonly model: LoadedModel; readonly target: string }) => Promise<Result>,
): Promise<Result> {
  const target = await targetFingerprint(folder)
  const model = await loadModel(folder, { threads: 1 })
  try {
    return await work({ model, target })
  } finally {
    await model.target.close()
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
