import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '@foretoken/telemetry'
import type { AcceptanceRecord, Store, UsageRecord } from '../store.ts'

interface Options {
  readonly retryMs?: number
  readonly retryMsMax?: number
  readonly rowsMax?: number
}

const AT_ONCE = 8

/**
 * Writes usage behind the answers: a request never waits for it and never fails by it. Rows that the database can't
 * take now are retried, with growing pauses, until it can; that is safe because a row is idempotent. A row that it
 * refuses, or that is left when the process must end, goes to the log in full, from where it can be booked by hand.
 */
export class UsageWriter {
  private readonly queue: UsageRecord[] = []
  private running: Promise<void> | null = null
  private readonly stopped = new AbortController()

  constructor(
    private readonly store: Pick<Store, 'recordUsage' | 'recordAcceptance'>,
    private readonly logger: Logger,
    private readonly options: Options = {},
  ) {}

  write(usage: UsageRecord): void {
    if (this.queue.length >= (this.options.rowsMax ?? 50_000)) this.lose(usage, 'the queue is full')
    else this.queue.push(usage)
    this.running ??= this.drain().finally(() => {
      this.running = null
    })
  }

  /** Statistics are worth one attempt: repeating an addition could count it twice. */
  writeAcceptance(tenantId: string, at: Date, arms: readonly AcceptanceRecord[]): void {
    if (arms.length === 0) return
    this.store.recordAcceptance(tenantId, at, arms).catch((err: unknown) => {
      this.logger.warn({ err, tenantId }, 'acceptance not recorded')
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
      const rows = this.queue.splice(0, AT_ONCE)
      const outcomes = await Promise.all(rows.map((usage) => this.attempt(usage)))
      const again = rows.filter((_, at) => outcomes[at] === 'again')
      this.queue.unshift(...again)
      if (again.length === 0) pauseMs = retryMs
      else {
        await sleep(pauseMs, undefined, { signal: this.stopped.signal }).catch(() => {})
        pauseMs = Math.min(pauseMs * 2, retryMsMax)
      }
    }
  }

  private async attempt(usage: UsageRecord): Promise<'done' | 'again'> {
    try {
      await this.store.recordUsage(usage)
      return 'done'
    } catch (err) {
      if (!isRetryable(err)) {
        this.lose(usage, 'the database refused it', err)
        return 'done'
      }
      this.logger.warn({ err, requestId: usage.requestId }, 'usage not recorded yet')
      return 'again'
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
