import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import OpenAI from 'openai'
import { z } from 'zod'

const root = fileURLToPath(new URL('../../', import.meta.url))
const cli = ['apps/cli/bin/foretoken.js']
const readySchema = z.strictObject({
  url: z.url(),
  /** With more than one gateway. */
  urls: z.array(z.url()).optional(),
  model: z.string(),
  /** With more than one. */
  models: z.array(z.string()).optional(),
  tenant: z.string(),
  apiKey: z.string(),
})

export type Platform = Awaited<ReturnType<typeof startPlatform>>

/** The whole platform as a user starts it: `foretoken up` on its embedded default, met only through URL and commands. */
export async function startPlatform(env: Readonly<Record<string, string>> = {}, options: readonly string[] = []) {
  const dataDir = await mkdtemp(join(tmpdir(), 'foretoken-test-'))
  const platform = spawn(
    process.execPath,
    [...cli, 'up', '--json', '--port', '0', '--log-level', 'info', '--data-dir', dataDir, ...options],
    {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  const log: string[] = []
  createInterface({ input: platform.stderr }).on('line', (line) => log.push(line))
  const [line] = await once(createInterface({ input: platform.stdout }), 'line')
  const ready = readySchema.parse(JSON.parse(String(line)))
  const clientOf = (apiKey: string) => new OpenAI({ baseURL: `${ready.url}/v1`, apiKey, maxRetries: 0 })
  return {
    ready,
    dataDir,
    /** Every line that its processes logged so far. */
    log,
    client: clientOf(ready.apiKey),
    clientOf,
    /** A command on the same data folder; what it printed as JSON. */
    run: async (...args: string[]): Promise<unknown> => {
      const all = [...cli, ...args, '--json', '--data-dir', dataDir]
      const { stdout } = await promisify(execFile)(process.execPath, all, {
        cwd: root,
        env: { ...process.env, ...env },
      })
      return JSON.parse(stdout)
    },
    /** Resolves with the exit code, after all that it wrote is deleted. */
    stop: async (): Promise<unknown> => {
      platform.kill('SIGTERM')
      const [code] = await once(platform, 'exit')
      await rm(dataDir, { recursive: true, force: true })
      return code
    },
  }
}
