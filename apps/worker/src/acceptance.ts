import type { AcceptanceEntry, AcceptanceRecord } from '@foretoken/db'

interface Options {
  /** Of this process: names its batches. */
  readonly worker: string
  readonly write: (batch: { readonly id: string; readonly entries: readonly AcceptanceEntry[] }) => Promise<void>
  readonly onError: (error: unknown) => void
  readonly everyMs?: number
  readonly clock?: () => Date
}

const EVERY_MS = 5_000

/**
 * How each arm did for each tenant, added up here and written every few seconds, so that a request costs some additions
 * and the database a statement per worker. A batch that may or may not have been written is written again under its own
 * name before the next one: it counts once. What a killed worker had not written is lost; it is no money.
 */
export class AcceptanceCounter {
  private pending = new Map<string, Map<string, Counts>>()
  private unwritten: { readonly id: string; readonly entries: readonly AcceptanceEntry[] } | null = null
  private batches = 0
  private writing: Promise<void> | null = null
  private readonly timer: NodeJS.Timeout

  constructor(private readonly options: Options) {
    this.timer = setInterval(() => void this.flush(), options.everyMs ?? EVERY_MS).unref()
  }

  add(tenant: string, arms: readonly AcceptanceRecord[]): void {
    if (arms.length === 0) return
    const counts = this.pending.get(tenant) ?? new Map<string, Counts>()
    this.pending.set(tenant, counts)
    for (const record of arms) {
      const key = `${record.arm} ${record.draftVersion ?? ''}`
      const known = counts.get(key)
      if (known) addTo(known, record)
      else counts.set(key, { ...record, proposed: [...record.proposed], accepted: [...record.accepted] })
    }
  }

  /** Writes what there is; what can't be written now waits for the next time. */
  flush(): Promise<void> {
    this.writing ??= this.write().finally(() => {
      this.writing = null
    })
    return this.writing
  }

  async close(): Promise<void> {
    clearInterval(this.timer)
    await this.writing
    await this.flush()
  }

  private async write(): Promise<void> {
    const { write, onError, worker, clock = () => new Date() } = this.options
    try {
      if (this.unwritten) await write(this.unwritten)
      this.unwritten = null
      if (this.pending.size === 0) return
      const at = clock()
      const entries = [...this.pending].map(([tenantId, arms]) => ({ tenantId, at, arms: [...arms.values()] }))
      this.pending = new Map()
      this.unwritten = { id: `${worker} ${++this.batches}`, entries }
      await write(this.unwritten)
      this.unwritten = null
    } catch (error) {
      onError(error)
    }
  }
}

type Counts = Omit<AcceptanceRecord, 'steps' | 'committedTokens' | 'proposed' | 'accepted'> & {
  steps: number
  committedTokens: number
  readonly proposed: number[]
  readonly accepted: number[]
}

function addTo(counts: Counts, { steps, committedTokens, proposed, accepted }: AcceptanceRecord): void {
  counts.steps += steps
  counts.committedTokens += committedTokens
  for (const [position, count] of proposed.entries())
    counts.proposed[position] = (counts.proposed[position] ?? 0) + count
  for (const [position, count] of accepted.entries())
    counts.accepted[position] = (counts.accepted[position] ?? 0) + count
}
