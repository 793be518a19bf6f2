import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
export const SCRIPTS = fileURLToPath(new URL('scripts/', import.meta.url))
/** Outlives the tests; git ignores it. */
const CACHE = fileURLToPath(new URL('../../.foretoken/clients', import.meta.url))

/** A way to run a script with the clients that it imports. */
export interface Runner {
  readonly command: string
  readonly args: readonly string[]
  readonly scripts: string
}

/** The clients of package.json, on the Node that runs the tests. */
export const installed: Runner = { command: process.execPath, args: ['--import', 'tsx'], scripts: SCRIPTS }

const NEWEST = {
  private: true,
  type: 'module',
  allowScripts: { node: true },
  dependencies: {
    '@ai-sdk/openai': '4.0.118',
    '@langchain/core': '1.4.0',
    '@langchain/openai': '1.6.0',
    ai: '7.0.173',
    node: '22.23.3',
    openai: '7.59.0',
    zod: '4.6.7',
  },
}

/** Those that need Node 22, on one that npm brings. Undefined, and said aloud, where they can't be had. */
export function newestClients(): Promise<Runner | undefined> {
  return attempt('The newest clients of npm', async () => {
    const folder = await cached(`npm-${digestOf(JSON.stringify(NEWEST))}`, async (partial) => {
      await writeFile(join(partial, 'package.json'), JSON.stringify(NEWEST))
      await run('npm', ['install', '--no-audit', '--no-fund', '--no-save', '--loglevel', 'error'], { cwd: partial })
    })
    const scripts = join(folder, 'scripts')
    await cp(SCRIPTS, scripts, { recursive: true, force: true })
    return { command: join(folder, 'node_modules/node/bin/node'), args: [], scripts }
  })
}

const PYTHON_CLIENT = 'openai==3.57.0'

/** The official Python client, in an environment of its own. Undefined, and said aloud, where it can't be had. */
export function pythonClient(): Promise<Runner | undefined> {
  return attempt('The Python client', async () => {
    // An environment can't be moved, so it is ready when pip has left its mark.
    const folder = join(CACHE, `python-${digestOf(PYTHON_CLIENT)}`)
    const python = join(folder, 'bin/python')
    if (!existsSync(join(folder, 'ready'))) {
      await run('python3', ['-m', 'venv', '--clear', folder])
      const quiet = ['--quiet', '--disable-pip-version-check', '--no-input', '--retries', '1']
      await run(python, ['-m', 'pip', 'install', ...quiet, PYTHON_CLIENT])
      await writeFile(join(folder, 'ready'), '')
    }
    return { command: python, args: [], scripts: SCRIPTS }
  })
}

/** What a script reports. It sees no settings of the machine's user: clients read many, and some report home by them. */
export async function reportOf(
  runner: Runner,
  script: string,
  env: Readonly<Record<string, string>>,
): Promise<unknown> {
  const { PATH = '', HOME = '' } = process.env
  const args = [...runner.args, join(runner.scripts, script)]
  const { stdout } = await run(runner.command, args, { env: { PATH, HOME, ...env } })
  return JSON.parse(stdout)
}

/** In CI what can't be had is an error, so that nothing passes by not being run. */
async function attempt(what: string, make: () => Promise<Runner>): Promise<Runner | undefined> {
  try {
    return await make()
  } catch (error) {
    if (process.env.CI) throw error
    console.warn(`Tests are skipped. ${what} can't be installed: ${error instanceof Error ? error.message : error}`)
    return undefined
  }
}

/** A folder that is there as a whole or not at all. */
async function cached(name: string, fill: (partial: string) => Promise<void>): Promise<string> {
  const folder = join(CACHE, name)
  if (existsSync(folder)) return folder
  await mkdir(CACHE, { recursive: true })
  const partial = await mkdtemp(`${folder}.part-`)
  try {
    await fill(partial)
    await rename(partial, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error // else another run was first
    })
    return folder
  } finally {
    await rm(partial, { recursive: true, force: true })
  }
}

const digestOf = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 12)
