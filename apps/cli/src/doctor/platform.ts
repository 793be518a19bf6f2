import { execFileSync } from 'node:child_process'
import { accessSync, constants, existsSync } from 'node:fs'
import { connect } from 'node:net'
import { dirname } from 'node:path'
import { openDatabase } from '@foretoken/db'
import { locateBinaries, serverAccount } from '@foretoken/db/embedded'
import { dataFolder } from '../data-folder/folder.ts'
import { lockHolder } from '../data-folder/lock.ts'
import { portProblem } from '../platform/port.ts'
import { type Check, type Finding, fail, ok, warn } from './finding.ts'

export interface DoctorTarget {
  readonly dataDir: string
  readonly host: string
  readonly port: number
  readonly model: string | undefined
  readonly databaseUrl: string | undefined
  readonly redisUrl: string | undefined
}

/** Checks of what a platform would use here. */
export function platformChecks(target: DoctorTarget): readonly Check[] {
  return [
    { name: 'data folder', run: () => checkDataFolder(target.dataDir) },
    { name: 'port', run: () => checkPort(target) },
    { name: 'model', run: () => checkModel(target) },
    { name: 'postgresql', run: () => (target.databaseUrl ? checkDatabase(target.databaseUrl) : checkEmbedded()) },
    { name: 'redis', run: () => (target.redisUrl ? checkRedis(target.redisUrl) : ok('not set, and not needed')) },
  ]
}

/** Looks without making it: a folder that is not there yet needs one above it that can be written. */
function checkDataFolder(path: string): Finding {
  const folder = dataFolder(path)
  const holder = lockHolder(folder)
  if (holder !== null) return ok(`${folder.path}, in use by process ${holder}`)
  let existing = folder.path
  while (!existsSync(existing)) existing = dirname(existing)
  try {
    accessSync(existing, constants.W_OK)
    return ok(existing === folder.path ? existing : `${folder.path}, to be made`)
  } catch {
    return fail(`${existing} can't be written`, 'Choose another folder with --data-dir.')
  }
}

async function checkPort({ host, port, dataDir }: DoctorTarget): Promise<Finding> {
  const problem = await portProblem(host, port)
  if (problem === null) return ok(`${host}:${port} is free`)
  if (lockHolder(dataFolder(dataDir)) !== null) {
    return warn(problem, 'If that is the platform on this data folder, all is well.')
  }
  return fail(problem, 'See above.')
}

/** Loaded here: the module needs ONNX Runtime, whose own check comes first. */
async function checkModel({ dataDir, model }: DoctorTarget): Promise<Finding> {
  const { locateModel } = await import('../model/resolve.ts')
  const { inspectModel } = await import('../model/inspect.ts')
  const { id, folder } = locateModel(dataFolder(dataDir), model)
  const { architecture, parameters, weightBytes } = await inspectModel(folder)
  const size = `${(parameters / 1e6).toFixed(1)} M parameters, ${(weightBytes / 2 ** 20).toFixed(0)} MiB`
  return ok(`${id}: ${architecture}, ${size}`)
}

function checkEmbedded(): Finding {
  const account = serverAccount()
  const { postgres } = locateBinaries(account)
  const version = execFileSync(postgres, ['--version'], { encoding: 'utf8', stdio: 'pipe' }).trim()
  return ok(`embedded ${version}${account === null ? '' : `, as user ${account.name}`}`)
}

async function checkDatabase(url: string): Promise<Finding> {
  const db = openDatabase(url, { connectionsMax: 1 })
  try {
    const { rows } = await db.pool.query(`select current_setting('server_version_num')::int as version`)
    const major = Math.floor(Number(rows[0]?.version) / 10_000)
    if (major < 15)
      return fail(`PostgreSQL ${major}`, 'Use PostgreSQL 15 or newer: unique keys there can treat nulls as equal.')
    return ok(`PostgreSQL ${major} by URL`)
  } catch (error) {
    // Not its message: pg's may quote the URL's user or database.
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'no answer'
    return fail(`can't connect (${code})`, 'Check host, port and password of --database-url.')
  } finally {
    await db.close()
  }
}

function checkRedis(url: string): Promise<Finding> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve) => {
    const socket = connect({ host: hostname, port: Number(port || 6379), timeout: 3_000 })
    const settle = (finding: Finding) => {
      socket.destroy()
      resolve(finding)
    }
    const unreachable = () => settle(warn(`nothing answers at ${hostname}`, 'Check REDIS_URL, or unset it.'))
    socket.once('connect', () => settle(ok(`${hostname} answers`)))
    socket.once('error', unreachable)
    socket.once('timeout', unreachable)
  })
}
