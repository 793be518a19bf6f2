import { execFile, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { access, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

export interface S3Server {
  readonly endpoint: string
  makeBucket(name: string): Promise<void>
  stop(): Promise<void>
}

const run = promisify(execFile)
const python = process.env.PYTHON ?? 'python3'
const pathOf = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))
const cache = pathOf('../../../../../node_modules/.cache/foretoken')

/**
 * An S3 server in a process of its own, empty, on a free port.
 *
 * It is moto, from PyPI, installed below node_modules at first use (seconds). No server in npm's registry knows
 * conditional writes.
 *
 * What no test over it can show: that a server refuses a body whose SHA-256 is not the signed one (moto looks at none,
 * so a damaged upload shows when it is read), a wrong secret (it looks at the access key alone, and only when told to),
 * and answers 409 to writes that collide (`serve.py` lets one in at a time).
 */
export async function startS3Server(): Promise<S3Server> {
  const packages = await installMoto()
  const server = spawn(python, [pathOf('serve.py')], {
    env: { ...process.env, PYTHONPATH: packages },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const gone = new Promise<void>((resolve) => server.once('close', () => resolve()))
  const firstLine = new Promise<string>((resolve) => createInterface(server.stdout).once('line', resolve))
  const port = await Promise.race([firstLine, gone])
  if (!port) throw new Error('the S3 server ended before it served')
  const endpoint = `http://127.0.0.1:${port}`
  return {
    endpoint,
    async makeBucket(name) {
      const response = await fetch(`${endpoint}/${name}`, { method: 'PUT', headers: SIGNED })
      if (!response.ok) throw new Error(`the S3 server made no bucket: ${response.status}`)
    },
    async stop() {
      server.stdin.end()
      await gone
    },
  }
}

/** moto looks at the region only, until it is told to check signatures. */
export const SIGNED = { authorization: 'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request' }

/** The folder with moto for this Python. Renamed into place when whole, so that parallel runs never see a part. */
async function installMoto(): Promise<string> {
  const requirements = pathOf('requirements.txt')
  const { stdout: tag } = await run(python, ['-c', 'import sys; print(sys.implementation.cache_tag)']).catch(needPython)
  const version = createHash('sha256')
    .update(await readFile(requirements))
    .digest('hex')
    .slice(0, 12)
  const folder = `${cache}/moto-${tag.trim()}-${version}`
  if (await isThere(folder)) return folder
  await mkdir(cache, { recursive: true })
  const partial = await mkdtemp(`${cache}/moto-`)
  const options = ['--quiet', '--disable-pip-version-check', '--no-deps', '--only-binary', ':all:']
  await run(python, ['-m', 'pip', 'install', ...options, '--target', partial, '-r', requirements]).catch(needPython)
  await rename(partial, folder).catch(async (error: unknown) => {
    await rm(partial, { recursive: true })
    if (!(await isThere(folder))) throw error
  })
  return folder
}

const isThere = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  )

function needPython(error: unknown): never {
  const message = 'the S3 tests need python3 (3.10 or newer) with pip, or PYTHON naming one; see testing/s3-server'
  throw new Error(message, { cause: error })
}
