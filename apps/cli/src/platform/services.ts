import { readdir, rm } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Credentials } from '../data-folder/credentials.ts'
import { CliError } from '../errors.ts'
import type { ResolvedModel } from '../model/resolve.ts'
import { type Service, type ServiceOptions, startService } from '../supervisor/child.ts'
import { type Supervised, supervise } from '../supervisor/supervise.ts'
import type { Unwind } from '../supervisor/unwind.ts'
import { wait } from './database.ts'
import type { PlatformOptions } from './options.ts'

/** A target of the platform; its own workers and its own trainer serve it. */
export interface PlatformModel extends ResolvedModel {
  readonly staticDraft: string | null
}

export interface ServicesContext {
  readonly options: PlatformOptions
  readonly credentials: Credentials
  readonly models: readonly PlatformModel[]
  readonly objectStore: string
  /** Where workers keep adapters at hand. */
  readonly adapters: string
  readonly log: (line: string) => void
  readonly signal: AbortSignal
  readonly unwind: Unwind
}

const mainOf = (app: string) => fileURLToPath(new URL(`../../../${app}/src/main.ts`, import.meta.url))
/** Compiling a large model's graph takes its time; a process that hangs should still be noticed. */
const READY_WITHIN_MS = 300_000
const DRAIN_WITHIN_MS = 35_000

/** Starts all workers of all models side by side; gateways find them in the register. */
export async function startWorkers(context: ServicesContext, databaseUrl: string): Promise<void> {
  const { options, credentials, models, objectStore, adapters } = context
  const { prefixCacheShare } = options
  const workers = models.flatMap((model) => Array.from({ length: options.workers }, () => model))
  // A folder as the store is a disk already.
  const kept = objectStore.startsWith('file:') ? [] : workers.map((_, at) => `wrk_${at + 1}`)
  await discardAdapters(adapters, kept)
  const threads = options.threads ?? Math.max(1, Math.floor(availableParallelism() / workers.length))
  const starting = workers.map((model, index) =>
    keepRunning(context, {
      name: named(context, model, `worker-${index + 1}`),
      entry: mainOf('worker'),
      env: (port) => ({
        FORETOKEN_WORKER_PORT: port ?? '0',
        FORETOKEN_WORKER_HOST: '127.0.0.1',
        FORETOKEN_WORKER_ID: `wrk_${index + 1}`,
        FORETOKEN_DATABASE_URL: databaseUrl,
        FORETOKEN_CLUSTER_SECRET: credentials.clusterSecret,
        FORETOKEN_MODEL: model.folder,
        FORETOKEN_MODEL_ID: model.id,
        FORETOKEN_WEIGHTS: options.weights,
        FORETOKEN_DEVICE: options.device,
        FORETOKEN_THREADS: String(threads),
        FORETOKEN_OBJECT_STORE: objectStore,
        FORETOKEN_ADAPTER_DISK: kept[index] && join(adapters, kept[index]),
        FORETOKEN_STATIC_DRAFT: model.staticDraft ?? undefined,
        FORETOKEN_LOG_LEVEL: options.logLevel,
        ...(prefixCacheShare !== undefined && { FORETOKEN_PREFIX_CACHE_SHARE: String(prefixCacheShare) }),
        // Weights in huge pages: up to a tenth faster runs where glibc knows the tunable, nothing elsewhere.
        GLIBC_TUNABLES: process.env.GLIBC_TUNABLES ?? 'glibc.malloc.hugetlb=1',
      }),
    }),
  )
  // Not `all`: one that fails must not leave others that are still starting behind.
  await Promise.allSettled(starting)
  await Promise.all(starting)
}

/** Says which model it is of, where there are several. */
function named({ models }: ServicesContext, { id }: PlatformModel, name: string): string {
  return models.length > 1 ? `${name} ${id}` : name
}

/** What workers kept that are no longer started: nobody would delete it when its tenant is forgotten. */
async function discardAdapters(folder: string, kept: readonly string[]): Promise<void> {
  const found = await readdir(folder).catch(() => [])
  for (const name of found) if (!kept.includes(name)) await rm(join(folder, name), { recursive: true, force: true })
}

/** Starts the gateways side by side; returns their public URLs. */
export async function startGateways(context: ServicesContext, databaseUrl: string): Promise<string[]> {
  const { options, credentials } = context
  const starting = Array.from({ length: gatewaysOf(options) }, (_, index) =>
    keepRunning(context, {
      name: gatewaysOf(options) > 1 ? `gateway-${index + 1}` : 'gateway',
      entry: mainOf('gateway'),
      env: (port) => ({
        FORETOKEN_GATEWAY_PORT: port ?? String(options.port === 0 ? 0 : options.port + index),
        FORETOKEN_GATEWAY_HOST: options.host,
        FORETOKEN_DATABASE_URL: databaseUrl,
        FORETOKEN_KEY_PEPPER: credentials.pepper,
        FORETOKEN_CLUSTER_SECRET: credentials.clusterSecret,
        FORETOKEN_TLS_CERT: options.tls && resolve(options.tls.certificate),
        FORETOKEN_TLS_KEY: options.tls && resolve(options.tls.key),
        FORETOKEN_LOG_LEVEL: options.logLevel,
      }),
    }),
  )
  await Promise.allSettled(starting)
  return Promise.all(starting)
}

export const gatewaysOf = ({ gateways = 1 }: PlatformOptions): number => gateways

/**
 * Starts what teaches drafts, and what decides whose, unless the operator wants none. Each target has a trainer of its
 * own: it opens the target for a run and closes it after, so that one that waits takes little memory.
 */
export async function startLearning(context: ServicesContext, databaseUrl: string): Promise<void> {
  const { options, models, objectStore } = context
  const { trainAfterTokens } = options
  if (!options.trainer) return
  const shared = {
    FORETOKEN_DATABASE_URL: databaseUrl,
    FORETOKEN_QUEUE_URL: options.queueUrl,
    FORETOKEN_OBJECT_STORE: objectStore,
    FORETOKEN_LOG_LEVEL: options.logLevel,
  }
  const trainers = models.map((model) =>
    superviseService(context, {
      name: named(context, model, 'trainer'),
      entry: mainOf('trainer'),
      env: () => ({
        ...shared,
        FORETOKEN_MODEL: model.folder,
        FORETOKEN_MODEL_ID: model.id,
        FORETOKEN_STATIC_DRAFT: model.staticDraft ?? undefined,
      }),
    }),
  )
  const scheduler = superviseService(context, {
    name: 'scheduler',
    entry: mainOf('scheduler'),
    env: () => ({
      ...shared,
      ...(trainAfterTokens !== undefined && { FORETOKEN_TRAIN_AFTER_TOKENS: String(trainAfterTokens) }),
    }),
  })
  // None is left starting when another one fails.
  const starting = [...trainers, scheduler]
  await Promise.allSettled(starting)
  await Promise.all(starting)
}

interface ServiceDefinition extends Pick<ServiceOptions, 'name' | 'entry'> {
  /** @param port the one it had before, which its clients know; undefined at first. */
  readonly env: (port: string | undefined) => ServiceOptions['env']
}

/** Starts what serves, and keeps it running where its clients know it; returns where. */
async function keepRunning(context: ServicesContext, definition: ServiceDefinition): Promise<string> {
  const { url } = await superviseService(context, definition)
  if (url === null) throw new CliError(`The ${definition.name} serves nowhere.`)
  return url
}

async function superviseService(context: ServicesContext, { name, entry, env }: ServiceDefinition): Promise<Service> {
  let port: string | undefined
  const start = async (signal: AbortSignal) => {
    const service = await startService(
      {
        name,
        entry,
        env: env(port),
        log: (line) => context.log(`[${name}] ${line}`),
        readyWithinMs: READY_WITHIN_MS,
        stopWithinMs: DRAIN_WITHIN_MS,
      },
      signal,
    )
    if (service.url !== null) port = new URL(service.url).port || undefined
    return service
  }
  const { log, signal, unwind } = context
  let supervised: Supervised<Service> | undefined
  unwind.add(name, () => supervised?.stop())
  try {
    supervised = await supervise({ name, start, log, now: () => performance.now(), wait }, signal)
    return supervised.current()
  } catch (error) {
    throw new CliError(error instanceof Error ? error.message : String(error))
  }
}
