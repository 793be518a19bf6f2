import { nextAttempt } from './backoff.ts'

/** Something that runs until it is stopped or ends by itself. */
export interface Running {
  /** Settles with the reason once it has gone. Never rejects. */
  readonly exited: Promise<string>
  /** Asks it to finish its work and go; resolves when it is gone. */
  stop(): Promise<void>
}

export interface Supervised<R extends Running> {
  /** The current incarnation. */
  current(): R
  stop(): Promise<void>
}

export interface SuperviseOptions<R extends Running> {
  readonly name: string
  /** Resolves when it is ready to serve. Ends early, by throwing, when the signal aborts. */
  start(signal: AbortSignal): Promise<R>
  readonly log: (line: string) => void
  readonly now: () => number
  /** Resolves after so many milliseconds, or as soon as the signal aborts. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>
}

/**
 * Starts something and keeps it running. A first start that fails is the caller's error: the configuration is wrong,
 * and trying again would hide it. Later ends are answered by a restart with growing delays, for ever.
 */
export async function supervise<R extends Running>(
  options: SuperviseOptions<R>,
  signal: AbortSignal,
): Promise<Supervised<R>> {
  const stopping = new AbortController()
  let running = await options.start(AbortSignal.any([signal, stopping.signal]))
  const kept = keepRunning(options, stopping.signal, running, (next) => {
    running = next
  })
  return {
    current: () => running,
    stop: async () => {
      stopping.abort()
      await running.stop()
      await kept
    },
  }
}

async function keepRunning<R extends Running>(
  { name, start, log, now, wait }: SuperviseOptions<R>,
  stopping: AbortSignal,
  first: R,
  replace: (next: R) => void,
): Promise<void> {
  let failures = 0
  let startedAt = now()
  let reason = await first.exited
  while (!stopping.aborted) {
    const attempt = nextAttempt(failures, now() - startedAt)
    failures = attempt.failures
    log(`${name} ended (${reason}); starting it again in ${attempt.delayMs} ms`)
    await wait(attempt.delayMs, stopping)
    if (stopping.aborted) return
    startedAt = now()
    try {
      const next = await start(stopping)
      replace(next)
      log(`${name} is back`)
      // Stopped between its start and here: nobody else knows of it yet.
      if (stopping.aborted) await next.stop()
      reason = await next.exited
    } catch (error) {
      reason = error instanceof Error ? error.message : String(error)
    }
  }
}
