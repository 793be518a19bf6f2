import type { Logger } from '@foretoken/telemetry'
import type { AcceptanceRecord, Store } from '../store.ts'

interface Gathered {
  readonly at: Date
  readonly arms: AcceptanceRecord[]
}

/**
 * Adds what requests' arms did to their tenants' statistics, several requests in one statement: at a thousand requests
 * a second of one tenant each would otherwise wait for the same rows. All that is gathered counts at the time of the
 * first, which matters to nobody: the statistics are of five minutes.
 */
export class AcceptanceWriter {
  private readonly gathered = new Map<string, Gathered>()
  private timer: NodeJS.Timeout | undefined
  private writing: Promise<unknown> = Promise.resolve()

  constructor(
    private readonly store: Pick<Store, 'recordAcceptance'>,
    private readonly logger: Logger,
    private readonly gatherMs: number,
  ) {}

  add(tenantId: string, at: Date, arms: readonly AcceptanceRecord[]): void {
    if (arms.length === 0) return
    const known = this.gathered.get(tenantId)
    if (known) known.arms.push(...arms)
    else this.gathered.set(tenantId, { at, arms: [...arms] })
    this.timer ??= setTimeout(() => this.write(), this.gatherMs)
  }

  /** Resolves when everything was tried. */
  async flush(): Promise<void> {
    this.write()
    await this.writing
  }

  private write(): void {
    clearTimeout(this.timer)
    this.timer = undefined
    const all = [...this.gathered]
    this.gathered.clear()
    this.writing = Promise.all([this.writing, ...all.map(([tenantId, one]) => this.attempt(tenantId, one))])
  }

  /** Statistics are worth one attempt: repeating an addition could count it twice. */
  private async attempt(tenantId: string, { at, arms }: Gathered): Promise<void> {
    try {
      await this.store.recordAcceptance(tenantId, at, arms)
    } catch (err) {
      this.logger.warn({ err, tenantId }, 'acceptance not recorded')
    }
  }
}
