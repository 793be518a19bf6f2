import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'

/** A process that is measured. */
export interface Measured {
  readonly url: string
  /** Processor time that it has used so far; null where the system does not tell. */
  cpuMs(): number | null
  /** Resident; null where the system does not tell. */
  memoryMiB(): number | null
  stop(): Promise<void>
}

interface Started {
  readonly command: readonly [string, ...string[]]
  readonly env?: Readonly<Record<string, string>>
  /** Where its lines go; a file costs what a container's log costs, and no reader. */
  readonly log: number
}

/** Starts a process that tells over IPC where it listens. */
export async function startTold({ command, env, log }: Started): Promise<Measured & { readonly child: ChildProcess }> {
  const [file, ...args] = command
  const child = spawn(file, args, { env: { ...process.env, ...env }, stdio: ['ignore', log, log, 'ipc'] })
  const [told] = await Promise.race([once(child, 'message'), ended(child, file)])
  const { url } = readySchema.parse(told)
  return { ...measured(url, child), child }
}

/** Starts a server of somebody else on a port, and waits until `path` answers. */
export async function startServer({ command, env, log }: Started, port: number, path: string): Promise<Measured> {
  const [file, ...args] = command
  const child = spawn(file, args, { env: { ...process.env, ...env }, stdio: ['ignore', log, log] })
  const url = `http://127.0.0.1:${port}`
  await Promise.race([answering(new URL(path, url)), ended(child, file)])
  return measured(url, child)
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  if (typeof address !== 'object' || !address) throw new TypeError('not a TCP server')
  return address.port
}

const readySchema = z.looseObject({ type: z.literal('ready'), url: z.url() })
const START_MS_MAX = 60_000

function measured(url: string, child: ChildProcess): Measured {
  return {
    url,
    cpuMs: () => cpuMsOf(child.pid),
    memoryMiB: () => memoryMiBOf(child.pid),
    stop: () => stop(child),
  }
}

async function answering(url: URL): Promise<void> {
  const deadlineMs = performance.now() + START_MS_MAX
  while (performance.now() < deadlineMs) {
    const answer = await fetch(url).catch(() => null)
    await answer?.body?.cancel()
    if (answer?.ok) return
    await sleep(200)
  }
  throw new Error(`nobody answers at ${url.pathname}`)
}

async function ended(child: ChildProcess, file: string): Promise<never> {
  await once(child, 'exit')
  throw new Error(`${file} ended before it was ready`)
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  const killing = setTimeout(() => child.kill('SIGKILL'), 15_000)
  await exited
  clearTimeout(killing)
}

/** User and system time of proc(5); a tick is a hundredth of a second for every program. */
function cpuMsOf(pid: number | undefined): number | null {
  try {
    const line = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = line.slice(line.lastIndexOf(')') + 2).split(' ')
    return 10 * (Number(fields[UTIME]) + Number(fields[UTIME + 1]))
  } catch {
    return null
  }
}

/** Counted behind the command's name. */
const UTIME = 11

function memoryMiBOf(pid: number | undefined): number | null {
  try {
    const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return kib === undefined ? null : Math.round(Number(kib) / 1024)
  } catch {
    return null
  }
}
