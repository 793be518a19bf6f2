import { constants, setPriority } from 'node:os'
import { Membership, type TrainerDetails } from '@foretoken/cluster'
import { findTarget, openDatabase } from '@foretoken/db'
import { openQueue } from '@foretoken/jobs'
import { adaptTenant, judgeDraft } from '@foretoken/learning'
import { type LoadedModel, loadModel, targetFingerprint } from '@foretoken/model'
import type { TargetIdentity } from '@foretoken/protocol'
import { openObjectStore } from '@foretoken/storage'
import { createLogger, DATABASE_OUTAGE, Lifecycle, type Logger, Outage } from '@foretoken/telemetry'
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

  const outage = new Outage(logger, DATABASE_OUTAGE)
  const onError = (err: unknown) => outage.failed(err)
  const db = openDatabase(config.databaseUrl, {
    connectionsMax: 3,
    onIdleError: onError,
  })
  lifecycle.on('close', 'database', () => db.close())
  const queueOutage = new Outage(logger, {
    begins: 'something is wrong with the queue',
    ends: 'the queue has a job again',
  })
  const queue = await openQueue(config.queueUrl, 'training', {
    onError: (err) => queueOutage.failed(err),
  })
  lifecycle.on('close', 'queue', () => queue.close())
  const followed = await followTarget(config)
  const loop = startTrainer({
    target: async () => findTarget(db, await followed.read()),
    db,
    store: openObjectStore(config.objectStore),
    adapt: adaptWith(config),
    judge: judgeWith(config),
    logger,
    tokensMax: config.tokensMax,
    promotion: config.promotion,
  })
  lifecycle.on('drain', 'training', () => loop.stop())
  await queue.consume(() => {
    queueOutage.worked()
    loop.wake()
  })
  const details = (): TrainerDetails => ({ target: followed.latest })
  const membership = new Membership({
    ...{ db, role: 'trainer', details, onError },
    onAnnounced: () => outage.worked(),
  })
  await membership.join(null)
  lifecycle.on('announce', 'register', () => membership.drain())
  lifecycle.on('close', 'register', () => membership.leave())
  lifecycle.markReady()
  logger.info('training')
  process.send?.({ type: 'ready' })
}

/**
 * What is in the model's folder, looked at whenever runs are: weights that change there are another target, whose runs
 * are the trainer's from then on. It becomes known by its workers, so that weights that are half written are nobody's.
 */
async function followTarget({ modelFolder, modelName: name }: TrainerConfig) {
  const read = async () => ({ name, fingerprint: await targetFingerprint(modelFolder) })
  const followed = {
    latest: await read(),
    read: async (): Promise<TargetIdentity> => {
      followed.latest = await read()
      return followed.latest
    },
  }
  return followed
}

function adaptWith({ modelFolder, staticDraft }: TrainerConfig): Adapt {
  return async (request) => {
    if (staticDraft === null) {
      const figures = { tokens: 0, baseline: null, candidate: null }
      return { outcome: 'too-little', figures, reason: NO_STATIC_DRAFT }
    }
    return withModel(modelFolder, request.target, (model) => adaptTenant({ ...request, model, staticDraft }))
  }
}

function judgeWith({ modelFolder, staticDraft }: TrainerConfig): Judge {
  return async (request) => {
    if (staticDraft === null) return { ok: false, reason: NO_STATIC_DRAFT }
    return withModel(modelFolder, request.target, (model) => judgeDraft({ ...request, model, staticDraft }))
  }
}

const NO_STATIC_DRAFT = 'There is no static draft for this target: train one with `foretoken draft train`.'

/** The target is loaded for one piece of work and closed after it: in between a trainer holds nothing. */
async function withModel<Result>(
  folder: string,
  target: string,
  work: (model: LoadedModel) => Promise<Result>,
): Promise<Result> {
  const model = await loadModel(folder, { threads: 1 })
  try {
    if ((await targetFingerprint(folder)) !== target) {
      throw new Error('the weights of the target changed on disk while they were read')
    }
    return await work(model)
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
