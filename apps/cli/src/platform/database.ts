import { setTimeout as sleep } from 'node:timers/promises'
import { type EmbeddedPostgres, EmbeddedPostgresError, ensureDatabase, startPostgres } from '@foretoken/db/embedded'
import type { Credentials } from '../data-folder/credentials.ts'
import type { DataFolder } from '../data-folder/folder.ts'
import { CliError } from '../errors.ts'
import { type Running, type Supervised, supervise } from '../supervisor/supervise.ts'
import type { Unwind } from '../supervisor/unwind.ts'

const DATABASE = 'foretoken'

interface Context {
  readonly log: (line: string) => void
  readonly signal: AbortSignal
  readonly unwind: Unwind
}

interface Server extends Running {
  readonly postgres: EmbeddedPostgres
}

/** Starts the data folder's PostgreSQL, keeps it running, and returns the platform's database on it. */
export async function openEmbeddedDatabase(
  folder: DataFolder,
  credentials: Credentials,
  { log, signal, unwind }: Context,
): Promise<string> {
  // Clients know the first port, so a restart has to take it again.
  let port: number | undefined
  const start = async (): Promise<Server> => {
    const postgres = await startEmbedded(folder, credentials, port)
    port = postgres.port
    return { postgres, exited: postgres.exited.then(() => 'the server ended'), stop: () => postgres.stop() }
  }
  let server: Supervised<Server> | undefined
  unwind.add('PostgreSQL', () => server?.stop())
  server = await supervise({ name: 'PostgreSQL', start, log, now: () => performance.now(), wait }, signal)
  return ensureDatabase(server.current().postgres, DATABASE)
}

/** The same database for one short command while no platform runs. */
export async function withEmbeddedDatabase<T>(
  folder: DataFolder,
  credentials: Credentials,
  run: (url: string) => Promise<T>,
): Promise<T> {
  const postgres = await startEmbedded(folder, credentials, undefined)
  try {
    return await run(await ensureDatabase(postgres, DATABASE))
  } finally {
    await postgres.stop()
  }
}

export async function wait(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined)
}

async function startEmbedded(folder: DataFolder, { postgresPassword }: Credentials, port: number | undefined) {
  try {
    return await startPostgres({ folder: folder.postgres, password: postgresPassword, ...(port && { port }) })
  } catch (error) {
    throw error instanceof EmbeddedPostgresError ? new CliError(error.message) : error
  }
}
