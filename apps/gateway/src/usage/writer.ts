import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { type Logger, Outage } from '@foretoken/telemetry'
import type { Store, UsageRecord } from '../store.ts'

interface Options {
  readonly retryMs?: number
  readonly retryMsMax?: number
  readonly rowsMax?: number
}

const BATCH = 200

/**
 * Writes usage behind the answers, at once: a request never waits for it and never fails by it, and a gateway that is
 * killed has not billed what ended in its last milliseconds. Rows that the database can't
 * take now are retried, with growing pauses, until it can; that is safe because a row is idempotent. A row that it
 * refuses, or that is left when the process must end, goes to the log in full, from where it can be booked by hand.
 */
export class UsageWriter {
  private readonly queue: UsageRecord[] = []
  private running: Promise<void> | null = null
  private readonly stopped = new AbortController()
  private readonly outage: Outage

  constructor(
    private readonly store: Pick<Store, 'recordUsage'>,
    private readonly logger: Logger,
    private readonly options: Options = {},
  ) {
    this.outage = new Outage(logger, { begins: 'usage is not recorded yet', ends: 'usage is recorded again' })
  }

  write(usage: UsageRecord): void {
    if (this.queue.length >= (this.options.rowsMax ?? 50_000)) this.lose(usage, 'the queue is full')
    else this.queue.push(usage)
    this.running ??= this.drain().finally(() => {
      this.running = null
    })
  }

  /** Waits until everything is written, at most `msMax`; the rest is logged. Writes nothing afterwards. */
  async flush(msMax: number): Promise<void> {
    const limit = setTimeout(() => this.stopped.abort(), msMax)
    while (this.running) await this.running
    clearTimeout(limit)
    this.stopped.abort()
    for (const usage of this.queue.splice(0)) this.lose(usage, 'the process ends')
  }

  private async drain(): Promise<void> {
    const { retryMs = 100, retryMsMax = 10_000 } = this.options
    let pauseMs = retryMs
    while (this.queue.length > 0 && !this.stopped.signal.aborted) {
      // What ends together is written together; while it is, the next rows gather by themselves.
      await nextTurn()
      const rows = this.queue.splice(0, BATCH)
      const again = await this.attempt(rows)
      this.queue.unshift(...again)
      if (again.length === 0) pauseMs = retryMs
      else {
        await sleep(pauseMs, undefined, { signal: this.stopped.signal }).catch(() => {})
        pauseMs = Math.min(pauseMs * 2, retryMsMax)
      }
    }
  }

  /** Writes all in one go; where one of them is refused, each by itself. Returns what is to be tried again. */
  private async attempt(rows: readonly UsageRecord[]): Promise<readonly UsageRecord[]> {
    try {
      await this.store.recordUsage(rows)
      this.outage.worked()
      return []
    } catch (err) {
      const [usage] = rows
      if (isRetryable(err)) {
        this.outage.failed(err, { requestId: usage?.requestId, rows: rows.length })
        return rows
      }
      if (usage && rows.length === 1) {
        this.lose(usage, 'the database refused it', err)
        return []
      }
      const again: UsageRecord[] = []
      for (const row of rows) again.push(...(await this.attempt([row])))
      return again
    }
  }

  private lose(usage: UsageRecord, reason: string, err?: unknown): void {
    this.logger.error({ err, usage, reason }, 'usage not recorded')
  }
}

/** Database errors say so themselves; of anything else the better assumption is that it passes. */
function isRetryable(error: unknown): boolean {
  return !(error instanceof Error && 'retryable' in error && error.retryable === false)
}
