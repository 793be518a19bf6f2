import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const VERSION = '4.32.5'
const FOLDER = fileURLToPath(new URL(`../../../../.foretoken/schemathesis-${VERSION}`, import.meta.url))

const run = promisify(execFile)

/**
 * The command of schemathesis, from a virtual environment that is made once. Null, with a warning, where it can't be:
 * without Python or a network. With CI=true that is an error.
 */
export async function installSchemathesis(): Promise<string | null> {
  const command = join(FOLDER, 'bin', 'schemathesis')
  if (existsSync(command)) return command
  try {
    // Tests in other processes may be at it too; scripts in there name this folder, so it is made where it stays.
    await rm(FOLDER, { recursive: true, force: true })
    await run('python3', ['-m', 'venv', FOLDER])
    const quiet = ['--quiet', '--disable-pip-version-check', '--no-input', '--retries', '1']
    await run(join(FOLDER, 'bin', 'pip'), ['install', ...quiet, `schemathesis==${VERSION}`])
    return command
  } catch (error) {
    await rm(FOLDER, { recursive: true, force: true })
    const reason = `schemathesis can't be installed (${error instanceof Error ? error.message.split('\n')[0] : error})`
    if (process.env.CI === 'true') throw new Error(reason)
    console.warn(`The API is not fuzzed: ${reason}.`)
    return null
  }
}
