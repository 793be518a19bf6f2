import { type Logger, Outage } from '@foretoken/telemetry'
import type { Store } from '../store.ts'
import type { Meter } from './meter.ts'

interface JournalOptions {
  readonly gatewayId: string
  readonly everyMs: number
  /** How often it looks for requests of gateways that are gone. */
  readonly settleMs?: number
}

const SETTLE_MS = 2_000
const WORDS = { begins: 'open requests are not written down', ends: 'open requests are written down again' }

/**
 * Writes down what running requests have used by now, so that a gateway that is killed has billed what it served, but
 * for the last moment. Another gateway turns that into usage. What ends within one interval is never written here: its
 * usage comes as soon.
 */
export class Journal {
  private readonly open = new Map<Meter, number>()
  private readonly timers: readonly NodeJS.Timeout[]
  private writing = false
  private readonly outage: Outage

  constructor(
    private readonly store: Pick<Store, 'journal' | 'settleLost'>,
    private readonly logger: Logger,
    private readonly options: JournalOptions,
  ) {
    const { everyMs, settleMs = SETTLE_MS } = options
    this.outage = new Outage(logger, WORDS)
    this.timers = [
      setInterval(() => void this.write(), everyMs).unref(),
      setInterval(() => void this.settle(), settleMs).unref(),
    ]
  }

  enter(meter: Meter): void {
    this.open.set(meter, 0)
  }

  leave(meter: Meter): void {
    this.open.delete(meter)
  }

  close(): void {
    for (const timer of this.timers) clearInterval(timer)
  }

  /** All that used something since it was written last. */
  private async write(): Promise<void> {
    if (this.writing) return
    const changed = [...this.open].flatMap(([meter, tokens]) => {
      const soFar = meter.soFar()
      return soFar.promptTokens + soFar.completionTokens > tokens ? [{ meter, soFar }] : []
    })
    if (changed.length === 0) return
    this.writing = true
    try {
      await this.store.journal(
        this.options.gatewayId,
        changed.map(({ soFar }) => soFar),
      )
      this.outage.worked()
      for (const { meter, soFar } of changed) {
        if (this.open.has(meter)) this.open.set(meter, soFar.promptTokens + soFar.completionTokens)
      }
    } catch (err) {
      this.outage.failed(err, { requests: changed.length })
    } finally {
      this.writing = false
    }
  }

  private async settle(): Promise<void> {
    try {
      const requests = await this.store.settleLost()
      this.outage.worked()
      if (requests > 0) this.logger.warn({ requests }, 'billed what a lost gateway had served')
    } catch (err) {
      this.outage.failed(err)
    }
  }
}
