import { setTimeout as sleep } from 'node:timers/promises'
import { type Logger, Outage } from '@foretoken/telemetry'

export interface LoopWork {
  /** Does one run, if there is one to claim. False: there was none. */
  next(signal: AbortSignal): Promise<boolean>
}

export interface LoopTimes {
  /** Looks for runs so often, woken or not: a wake-up may get lost, and a lease ends silently. */
  readonly pollMs: number
  /** Pause after something failed. */
  readonly retryMs: number
}

/** One thing at a time, for ever: does runs while there are any, and waits to be woken. */
export class Loop {
  private readonly stopping = new AbortController()
  private waking = new AbortController()
  private running: Promise<void> | null = null
  private readonly outage: Outage

  constructor(
    private readonly work: LoopWork,
    logger: Logger,
    private readonly times: LoopTimes,
  ) {
    this.outage = new Outage(logger, { begins: 'training pauses', ends: 'training goes on' })
  }

  start(): void {
    this.running ??= this.run()
  }

  /** There may be a run. */
  wake(): void {
    this.waking.abort()
  }

  /** Aborts what is being done, and resolves when it has been given back. */
  async stop(): Promise<void> {
    this.stopping.abort(new Error('the trainer is stopping'))
    this.wake()
    await this.running
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping
    while (!signal.aborted) {
      this.waking = new AbortController()
      try {
        const worked = await this.work.next(signal)
        this.outage.worked()
        if (worked) continue
        await this.pause(this.times.pollMs)
      } catch (err) {
        if (signal.aborted) return
        this.outage.failed(err)
        await this.pause(this.times.retryMs)
      }
    }
  }

  private async pause(ms: number): Promise<void> {
    const signal = AbortSignal.any([this.waking.signal, this.stopping.signal])
    await sleep(ms, undefined, { signal }).catch(() => undefined)
  }
}
