import { type Logger, Outage } from '@foretoken/telemetry'

type Progress = { readonly phase: string; readonly progress: number }

/** Aborts work that now belongs to another trainer, or to nobody. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost'
}

/**
 * Keeps a lease while its work is done, and tells how far it is. A beat that does not reach the database is left
 * out: the lease outlasts several, and whoever lost it can't write anyway.
 */
export class Heartbeat {
  private readonly timer: NodeJS.Timeout
  private readonly lost = new AbortController()
  private latest: Progress | null = null
  private beating: Promise<void> | null = null
  private readonly outage: Outage

  constructor(
    /** Renews the lease; false: it is lost. */
    private readonly renew: (latest: Progress | null) => Promise<boolean>,
    logger: Logger,
    everyMs: number,
  ) {
    this.outage = new Outage(logger, { begins: 'heartbeats are not written', ends: 'heartbeats are written again' })
    this.timer = setInterval(() => this.beat(), everyMs).unref()
  }

  /** Aborts with LeaseLost. */
  get signal(): AbortSignal {
    return this.lost.signal
  }

  /** Cheap: the next beat carries the latest; a new phase is told at once. */
  report(progress: Progress): void {
    const phase = this.latest?.phase
    this.latest = progress
    if (progress.phase !== phase) this.beat()
  }

  async stop(): Promise<void> {
    clearInterval(this.timer)
    await this.beating
  }

  private beat(): void {
    this.beating ??= this.send().finally(() => {
      this.beating = null
    })
  }

  private async send(): Promise<void> {
    try {
      const ours = await this.renew(this.latest)
      this.outage.worked()
      if (!ours) this.lost.abort(new LeaseLost('another trainer has this work, or it was cancelled'))
    } catch (err) {
      this.outage.failed(err)
    }
  }
}
