import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { type Contender, openAiTarget } from './contender.ts'
import { MODEL } from './processes/answers.ts'
import { freePort, type Measured, startServer } from './processes/child.ts'

export interface Peer {
  readonly name: string
  /** Null where it is not installed; nothing here depends on it. */
  start(upstreamUrl: string, log: number): Promise<Contender | null>
}

export const PEERS: readonly Peer[] = [
  { name: 'portkey', start: startPortkey },
  { name: 'litellm', start: startLiteLlm },
]

/** npm's @portkey-ai/gateway, in the folder that FORETOKEN_BENCH_PORTKEY names, or where Node finds it. */
async function startPortkey(upstreamUrl: string, log: number): Promise<Contender | null> {
  const folder = portkeyFolder()
  if (folder === null) return null
  const port = await freePort()
  const command = [process.execPath, join(folder, 'build/start-server.js'), '--headless', `--port=${port}`] as const
  const measured = await startServer({ command: [...command], env: { NODE_ENV: 'production' }, log }, port, '/')
  return openAiContender('portkey', measured, {
    authorization: 'Bearer bench',
    'x-portkey-provider': 'openai',
    'x-portkey-custom-host': `${upstreamUrl}/v1`,
  })
}

function portkeyFolder(): string | null {
  const { FORETOKEN_BENCH_PORTKEY: given } = process.env
  if (given !== undefined) return existsSync(join(given, 'build/start-server.js')) ? resolve(given) : null
  try {
    return dirname(createRequire(import.meta.url).resolve('@portkey-ai/gateway/package.json'))
  } catch {
    return null
  }
}

/** PyPI's litellm[proxy], where its command is on the path. */
async function startLiteLlm(upstreamUrl: string, log: number): Promise<Contender | null> {
  if (!onPath('litellm')) return null
  const port = await freePort()
  const folder = await mkdtemp(join(tmpdir(), 'foretoken-litellm-'))
  const config = join(folder, 'config.json')
  const parameters = { model: `openai/${MODEL}`, api_base: `${upstreamUrl}/v1`, api_key: 'bench' }
  // YAML reads JSON.
  await writeFile(config, JSON.stringify({ model_list: [{ model_name: MODEL, litellm_params: parameters }] }))
  const command = ['litellm', '--config', config, '--host', '127.0.0.1', '--port', String(port)] as const
  const env = { LITELLM_LOCAL_MODEL_COST_MAP: 'True', LITELLM_LOG: 'ERROR' }
  const measured = await startServer({ command: [...command], env, log }, port, '/health/liveliness')
  const stop = () => measured.stop().finally(() => rm(folder, { recursive: true, force: true }))
  return openAiContender('litellm', { ...measured, stop }, { authorization: 'Bearer bench' })
}

function onPath(command: string): boolean {
  try {
    execFileSync('which', [command], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

function openAiContender(name: string, process: Measured, headers: Readonly<Record<string, string>>): Contender {
  return { name, baseline: 'openai', process, target: (stream) => openAiTarget(process.url, stream, headers) }
}
