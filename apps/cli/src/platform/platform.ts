import { type Database, migrate, openDatabase } from '@foretoken/db'
import { type Credentials, openCredentials, pepperOf } from '../data-folder/credentials.ts'
import { type DataFolder, openDataFolder } from '../data-folder/folder.ts'
import { lockDataFolder } from '../data-folder/lock.ts'
import { publishState } from '../data-folder/state.ts'
import { CliError } from '../errors.ts'
import { resolveModels } from '../model/resolve.ts'
import { Unwind } from '../supervisor/unwind.ts'
import { checkDevice, checkTls } from './checks.ts'
import { openEmbeddedDatabase } from './database.ts'
import { firstAdmin } from './first-admin.ts'
import { type FirstKey, firstKey } from './first-key.ts'
import { objectStoreUrl } from './object-store.ts'
import { operator } from './operator.ts'
import type { PlatformOptions } from './options.ts'
import { checkPort } from './port.ts'
import { gatewaysOf, type ServicesContext, startGateways, startLearning, startWorkers } from './services.ts'
import { draftFolders, resolveStaticDrafts } from './static-draft.ts'

export interface Platform {
  /** Of the first gateway, and of each. */
  readonly url: string
  readonly urls: readonly string[]
  /** The first model, and all. */
  readonly model: string
  readonly models: readonly string[]
  readonly databaseUrl: string
  /** Where adapters and traces are kept. */
  readonly objectStore: string
  /** Folder of the first model's static draft; null where it has none, and then nothing can be taught. */
  readonly staticDraft: string | null
  readonly pepper: Uint8Array
  /** Null when the operator disabled the first tenant. */
  readonly first: FirstKey | null
  /** The file with an owner's credential for the admin API; null: the operator keeps it elsewhere. */
  readonly adminKey: string | null
  /** Gateway first, which drains; then workers; then the database. */
  stop(): Promise<void>
}

/**
 * Brings a whole platform up and resolves once it serves. What can be told to be wrong is told before anything starts.
 *
 * @throws CliError for what the operator can mend; everything opened so far is closed again.
 */
export async function startPlatform(
  options: PlatformOptions,
  log: (line: string) => void,
  signal: AbortSignal,
): Promise<Platform> {
  const unwind = new Unwind(log)
  try {
    return await start(options, log, signal, unwind)
  } catch (error) {
    await unwind.close()
    throw error
  }
}

async function start(
  options: PlatformOptions,
  log: (line: string) => void,
  signal: AbortSignal,
  unwind: Unwind,
): Promise<Platform> {
  const folder = openDataFolder(options.dataFolder)
  unwind.add('the lock', lockDataFolder(folder))
  const resolved = await resolveModels(folder, options.models)
  checkTls(options.tls)
  checkDevice(options.device)
  for (let at = 0; at < gatewaysOf(options); at++) {
    if (at === 0 || options.port > 0) await checkPort(options.host, options.port + at)
  }

  const credentials = openCredentials(folder)
  const objectStore = objectStoreUrl(folder, options.objectStore)
  const drafts = await resolveStaticDrafts(
    resolved.map((model) => ({ folder: model.folder, drafts: draftFolders(folder, model) })),
    options.drafts,
  )
  const models = resolved.map((model, at) => ({ ...model, staticDraft: drafts[at] ?? null }))
  const context = {
    ...{ options, credentials, models, objectStore, log, signal, unwind },
    adapters: folder.adapters,
  }
  const { databaseUrl, first, adminKey } = await prepareDatabase(folder, context)
  await startWorkers(context, databaseUrl)
  // Neither is left starting when the other one fails.
  const fronts = [startGateways(context, databaseUrl), startLearning(context, databaseUrl)] as const
  await Promise.allSettled(fronts)
  const [[url, ...others]] = await Promise.all(fronts)
  if (url === undefined) throw new CliError('No gateway was started.')
  const names = models.map(({ id }) => id)
  const [{ id: model, staticDraft } = { id: '', staticDraft: null }] = models
  const parts = { databaseUrl, objectStore, staticDraft, pepper: pepperOf(credentials), first, adminKey }
  return { url, urls: [url, ...others], model, models: names, ...parts, stop: () => unwind.close() }
}

/** The database, migrated and with a tenant and key to begin with. */
async function prepareDatabase(folder: DataFolder, { options, credentials, objectStore, ...context }: ServicesContext) {
  const databaseUrl = options.databaseUrl ?? (await openEmbeddedDatabase(folder, credentials, context))
  context.signal.throwIfAborted()
  await migrate(databaseUrl)
  const db = openDatabase(databaseUrl, { connectionsMax: 1, actor: operator() })
  const [first, adminKey] = await firstOf(db, folder, credentials).finally(() => db.close())
  const { queueUrl = databaseUrl, trainer } = options
  context.unwind.add('the state file', publishState(folder, { databaseUrl, objectStore, queueUrl, trainer }))
  return { databaseUrl, first, adminKey }
}

async function firstOf(db: Database, folder: DataFolder, credentials: Credentials) {
  return [await firstKey(db, folder, credentials), await firstAdmin(db, folder, credentials)] as const
}
