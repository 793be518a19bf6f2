import { type Database, migrate, openDatabase } from '@foretoken/db'
import type { ObjectStore } from '@foretoken/storage'
import { openCredentials, pepperOf, readCredentials } from '../data-folder/credentials.ts'
import { dataFolder, openDataFolder } from '../data-folder/folder.ts'
import { lockDataFolder } from '../data-folder/lock.ts'
import { runningPlatform } from '../data-folder/state.ts'
import { CliError } from '../errors.ts'
import type { LearningCommandOptions, QueueCommandOptions } from '../options.ts'
import { withEmbeddedDatabase } from './database.ts'
import { objectStoreUrl } from './object-store.ts'
import { operator } from './operator.ts'

export interface DatabaseChoice {
  readonly dataFolder: string
  readonly databaseUrl: string | undefined
  readonly objectStore?: string | undefined
  readonly queueUrl?: string | undefined
}

export interface Connection {
  readonly db: Database
  /** Where jobs are queued. */
  readonly queueUrl: string
  /** Whether somebody trains here: null where that can't be known, with a database given by URL. */
  readonly trainer: boolean | null
  /** Where the platform keeps what it learns. */
  store(): Promise<ObjectStore>
  /** @throws CliError when the deployment's pepper is not known here. */
  pepper(): Uint8Array
}

/**
 * Runs a short command on the platform's database: the one given by URL, else that of the platform running on the data
 * folder, else the folder's own, started for as long as the command takes.
 */
export async function withDatabase<T>(choice: DatabaseChoice, run: (connection: Connection) => Promise<T>): Promise<T> {
  const running = runningPlatform(dataFolder(choice.dataFolder))
  const url = choice.databaseUrl ?? running?.databaseUrl
  if (url !== undefined) return connected(url, choice, run)
  const folder = openDataFolder(choice.dataFolder)
  const unlock = lockDataFolder(folder)
  try {
    const credentials = openCredentials(folder)
    return await withEmbeddedDatabase(folder, credentials, (embedded) => connected(embedded, choice, run))
  } finally {
    unlock()
  }
}

async function connected<T>(url: string, choice: DatabaseChoice, run: (connection: Connection) => Promise<T>) {
  const folder = dataFolder(choice.dataFolder)
  const running = runningPlatform(folder)
  const trainer = running?.trainer ?? (choice.databaseUrl === undefined ? false : null)
  const store = async () => {
    const { openObjectStore } = await import('@foretoken/storage')
    return openObjectStore(choice.objectStore ?? running?.objectStore ?? objectStoreUrl(folder, undefined))
  }
  // Of a database given by URL it is not known what the platform on it queues its jobs in.
  const queueUrl = choice.queueUrl ?? (choice.databaseUrl === undefined ? running?.queueUrl : undefined) ?? url
  await migrate(url)
  const db = openDatabase(url, { connectionsMax: 4, actor: operator() })
  try {
    return await run({ db, queueUrl, trainer, store, pepper: () => findPepper(choice.dataFolder) })
  } finally {
    await db.close()
  }
}

function findPepper(folder: string): Uint8Array {
  const given = process.env.FORETOKEN_KEY_PEPPER
  if (given) return Buffer.from(given, 'base64')
  const credentials = readCredentials(dataFolder(folder))
  if (credentials !== null) return pepperOf(credentials)
  throw new CliError(
    "Keys are made with the deployment's pepper, which is not known here. Set FORETOKEN_KEY_PEPPER to the " +
      "gateway's, or name the platform's data folder with --data-dir.",
  )
}

/** What a command's options say about the database, the store and the queues. */
export const choice = ({
  dataDir,
  databaseUrl,
  objectStore,
  queueUrl,
}: LearningCommandOptions & QueueCommandOptions): DatabaseChoice => ({
  dataFolder: dataDir,
  databaseUrl,
  objectStore,
  queueUrl,
})
