import type { ChildProcess } from 'node:child_process'
import { Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { type Account, serverAccount } from './account.ts'
import { type Binaries, locateBinaries } from './binaries.ts'
import { prepareCluster, SUPERUSER } from './cluster.ts'
import { EmbeddedPostgresError } from './errors.ts'
import { spawnGuarded } from './guardian.ts'
import { clearStalePid } from './orphan.ts'
import { clusterPlace } from './place.ts'
import { freePort } from './port.ts'
import { randomPassword, temporaryFolder } from './temporary.ts'

export interface EmbeddedOptions {
  /** The cluster's folder; made on first start. */
  readonly folder: string
  /** Of the superuser, set when the folder is made. */
  readonly password: string
  /** Taken if it is free; otherwise, and by default, any free port. */
  readonly port?: number
  /** The server's log, line by line. */
  readonly onLog?: (line: string) => void
}

export interface EmbeddedPostgres {
  readonly port: number
  /** Where to connect as superuser. */
  url(database: string): string
  /** Settles when the server has gone, for whatever reason. */
  readonly exited: Promise<void>
  /** Ends all connections and the server. Calling it again is harmless. */
  stop(): Promise<void>
  /** Lets the Node process end while the server runs; the server then ends too. */
  unref(): void
}

const PORT_ATTEMPTS = 5
const STOP_WITHIN_MS = 30_000

/** Starts a server on the cluster of a folder and resolves once it accepts connections. */
export function startPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  return start(options, serverAccount(), null)
}

/** A server for tests: durability is traded for speed, and its files go when it stops. */
export function startTemporaryPostgres(): Promise<EmbeddedPostgres> {
  const account = serverAccount()
  const root = temporaryFolder(account)
  return start({ folder: `${root}/data`, password: randomPassword() }, account, root)
}

/** @param temporaryRoot removed when the server stops; null: the cluster is kept. */
async function start(options: EmbeddedOptions, account: Account | null, temporaryRoot: string | null) {
  const binaries = locateBinaries(account)
  const temporary = temporaryRoot !== null
  for (let attempt = 1; ; attempt++) {
    await prepareCluster(binaries, account, { ...options, temporary })
    await clearStalePid(options.folder)
    const port = attempt === 1 && options.port !== undefined ? options.port : await freePort()
    const child = spawnServer(binaries, account, { folder: options.folder, port, temporaryRoot })
    const failure = await untilReady(child, options.onLog)
    if (failure === null) return handle(child, port, options.password)
    const portTaken = /could not create any TCP\/IP sockets|Address already in use/.test(failure)
    if (!portTaken || attempt === PORT_ATTEMPTS) {
      throw new EmbeddedPostgresError(`PostgreSQL did not start.\n${failure}`)
    }
  }
}

function spawnServer(
  binaries: Binaries,
  account: Account | null,
  { folder, port, temporaryRoot }: { folder: string; port: number; temporaryRoot: string | null },
): ChildProcess {
  const settings = {
    port: String(port),
    listen_addresses: '127.0.0.1',
    // TCP alone serves every client; a socket's path may be longer than the system allows.
    unix_socket_directories: '',
    // Leaves out failed statements: their text may hold a tenant's values.
    log_min_messages: 'log',
    jit: 'off',
    ...(temporaryRoot === null ? {} : TEMPORARY_SETTINGS),
  }
  return spawnGuarded({
    command: binaries.postgres,
    args: Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    account,
    place: clusterPlace(account, folder),
    stopSignal: temporaryRoot === null ? 'INT' : 'QUIT',
    removeFolder: temporaryRoot,
  })
}

const TEMPORARY_SETTINGS = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', autovacuum: 'off' }

/** Null once the server is ready; its log when it ended instead. */
function untilReady(child: ChildProcess, onLog: EmbeddedOptions['onLog']): Promise<string | null> {
  const lines: string[] = []
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', () => resolve(lines.join('\n')))
    if (child.stderr === null) return
    createInterface({ input: child.stderr }).on('line', (line) => {
      if (lines.length < 100) lines.push(line)
      onLog?.(line)
      if (line.includes('database system is ready to accept connections')) resolve(null)
    })
  })
}

function handle(child: ChildProcess, port: number, password: string): EmbeddedPostgres {
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  // After a crash the guardian is gone, and closing the pipe to it is no error of ours.
  child.stdin?.on('error', () => undefined)
  void exited.then(() => child.stdin?.destroy())
  return {
    port,
    exited,
    url: (database) => `postgresql://${SUPERUSER}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`,
    stop: async () => {
      child.stdin?.end()
      const force = setTimeout(() => child.pid && process.kill(-child.pid, 'SIGKILL'), STOP_WITHIN_MS)
      await exited
      clearTimeout(force)
    },
    unref: () => {
      child.unref()
      for (const pipe of [child.stdin, child.stderr]) if (pipe instanceof Socket) pipe.unref()
    },
  }
}
