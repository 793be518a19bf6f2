import { type ChildProcess, fork } from 'node:child_process'
import { createInterface } from 'node:readline'
import { z } from 'zod'
import type { Running } from './supervise.ts'

export interface Service extends Running {
  /** Where it serves, as it announced; null for one that listens nowhere. */
  readonly url: string | null
}

export interface ServiceOptions {
  readonly name: string
  /** Its main module, TypeScript. */
  readonly entry: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Each line it writes. */
  readonly log: (line: string) => void
  readonly readyWithinMs: number
  /** How long it may drain before it is killed. */
  readonly stopWithinMs: number
}

const readySchema = z.object({ type: z.literal('ready'), url: z.url().nullable().default(null) })

/**
 * Runs a service as a process of its own; resolves when it announces `{ type: 'ready', url? }` over the channel.
 *
 * @throws when it ends, or takes too long, before that: the message holds its last words.
 */
export function startService(options: ServiceOptions, signal: AbortSignal): Promise<Service> {
  signal.throwIfAborted()
  const child = fork(options.entry, [], {
    execArgv: ['--import', import.meta.resolve('tsx'), '--import', import.meta.resolve('./exit-with-parent.ts')],
    env: { ...process.env, ...options.env },
    // A process group of its own: Ctrl-C must reach the supervisor alone, who then stops things in order.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  killWithThisProcess(child)
  const lastWords = forwardOutput(child, options.log)
  const exited = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('close', (code, killedBy) => resolve(killedBy === null ? `exit code ${code}` : `signal ${killedBy}`))
  })
  const stop = () => stopChild(child, exited, options.stopWithinMs)
  return new Promise((resolve, reject) => {
    const fail = (why: string) => {
      reject(new Error([`The ${options.name} ${why}.`, ...lastWords].join('\n  ')))
      child.kill('SIGKILL')
    }
    const timeout = setTimeout(
      () => fail(`was not ready within ${options.readyWithinMs / 1000} s`),
      options.readyWithinMs,
    )
    const aborted = () => fail('was stopped while it started')
    signal.addEventListener('abort', aborted, { once: true })
    void exited.then((reason) => fail(`did not start (${reason})`))
    child.on('message', (message) => {
      const ready = readySchema.safeParse(message)
      if (!ready.success) return
      clearTimeout(timeout)
      signal.removeEventListener('abort', aborted)
      resolve({ url: ready.data.url, exited, stop })
    })
    void exited.finally(() => clearTimeout(timeout))
  })
}

const LAST_WORDS = 15

/** Hands on what the child writes; the result always holds its last lines. */
function forwardOutput(child: ChildProcess, log: (line: string) => void): readonly string[] {
  const last: string[] = []
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue
    createInterface({ input: stream }).on('line', (line) => {
      last.push(line)
      if (last.length > LAST_WORDS) last.shift()
      log(line)
    })
  }
  return last
}

async function stopChild(child: ChildProcess, exited: Promise<string>, withinMs: number): Promise<void> {
  child.kill('SIGTERM')
  const force = setTimeout(() => child.kill('SIGKILL'), withinMs)
  await exited
  clearTimeout(force)
}

const alive = new Set<ChildProcess>()
let killsOnExit = false

/** For the exits that skip every `await`: a second signal, an uncaught error. */
function killWithThisProcess(child: ChildProcess): void {
  alive.add(child)
  child.once('exit', () => alive.delete(child))
  if (killsOnExit) return
  killsOnExit = true
  process.once('exit', () => {
    for (const one of alive) one.kill('SIGKILL')
  })
}
