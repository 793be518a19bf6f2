import { type Database, migrate, openDatabase } from '@foretoken/db'
import { openCredentials, pepperOf, readCredentials } from '../data-folder/credentials.ts'
import { dataFolder, openDataFolder } from '../data-folder/folder.ts'
import { lockDataFolder } from '../data-folder/lock.ts'
import { runningDatabaseUrl } from '../data-folder/state.ts'
import { CliError } from '../errors.ts'
import { withEmbeddedDatabase } from './database.ts'

export interface DatabaseChoice {
  readonly dataFolder: string
  readonly databaseUrl: string | undefined
}

export interface Connection {
  readonly db: Database
  /** @throws CliError when the deployment's pepper is not known here. */
  pepper(): Uint8Array
}

/**
 * Runs a short command on the platform's database: the one given by URL, else that of the platform running on the data
 * folder, else the folder's own, started for as long as the command takes.
 */
export async function withDatabase<T>(choice: DatabaseChoice, run: (connection: Connection) => Promise<T>): Promise<T> {
  const url = choice.databaseUrl ?? runningDatabaseUrl(dataFolder(choice.dataFolder))
  if (url !== null) return connected(url, choice, run)
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
  await migrate(url)
  const db = openDatabase(url, { connectionsMax: 4 })
  try {
    return await run({ db, pepper: () => findPepper(choice.dataFolder) })
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
