const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

export interface StopRequests {
  /** Aborts with the first signal. */
  readonly signal: AbortSignal
  /** Resolves with the first signal. */
  readonly requested: Promise<void>
  /** Gives the signals back. */
  release(): void
}

/** Turns the first signal into a request to stop in order; a second one ends the process, and with it its children. */
export function stopRequests(log: (line: string) => void): StopRequests {
  const controller = new AbortController()
  const onSignal = (name: NodeJS.Signals) => {
    if (controller.signal.aborted) {
      log(`Forced to stop by a second ${name}.`)
      process.exit(1)
    }
    controller.abort(new Error(`stopped by ${name}`))
  }
  for (const name of SIGNALS) process.on(name, onSignal)
  return {
    signal: controller.signal,
    requested: new Promise((resolve) => controller.signal.addEventListener('abort', () => resolve(), { once: true })),
    release: () => {
      for (const name of SIGNALS) process.off(name, onSignal)
    },
  }
}
