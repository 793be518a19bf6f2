import { type AcceptanceEntry, type AcceptanceRecord, type CanaryWitness, STATIC_RIVAL } from '@foretoken/db'
import type { EndedRequest } from './generate/frames.ts'

interface Options {
  /** Of this process: names its batches. */
  readonly worker: string
  readonly write: (batch: { readonly id: string; readonly entries: readonly AcceptanceEntry[] }) => Promise<void>
  readonly onError: (error: unknown) => void
  readonly everyMs?: number
  readonly clock?: () => Date
}

const EVERY_MS = 5_000
/** Of one tenant in one batch: some dozens decide, so those of a busy tenant are a sample. */
const WITNESSES_MAX = 16

/**
 * How each arm did for each tenant, added up here and written every few seconds, so that a request costs some additions
 * and the database a statement per worker. A batch that may or may not have been written is written again under its own
 * name before the next one: it counts once. What a killed worker had not written is lost; it is no money. With it goes
 * what single requests say of a candidate that is tried.
 */
export class AcceptanceCounter {
  private pending = new Map<string, Pending>()
  private unwritten: { readonly id: string; readonly entries: readonly AcceptanceEntry[] } | null = null
  private batches = 0
  private writing: Promise<void> | null = null
  private readonly timer: NodeJS.Timeout

  constructor(private readonly options: Options) {
    this.timer = setInterval(() => void this.flush(), options.everyMs ?? EVERY_MS).unref()
  }

  add({ tenant, request, arms, trials }: EndedRequest): void {
    if (arms.length === 0) return
    const { counts, witnesses } = this.pending.get(tenant) ?? { counts: new Map<string, Counts>(), witnesses: [] }
    this.pending.set(tenant, { counts, witnesses })
    const fresh = trials.map((trial) => witnessOf(request, trial)).filter(isComplete)
    witnesses.push(...fresh.slice(0, Math.max(0, WITNESSES_MAX - witnesses.length)))
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
      const entries = [...this.pending].map(([tenantId, { counts, witnesses }]) => ({
        ...{ tenantId, at, witnesses },
        arms: [...counts.values()],
      }))
      this.pending = new Map()
      this.unwritten = { id: `${worker} ${++this.batches}`, entries }
      await write(this.unwritten)
      this.unwritten = null
    } catch (error) {
      onError(error)
    }
  }
}

interface Pending {
  readonly counts: Map<string, Counts>
  readonly witnesses: CanaryWitness[]
}

function witnessOf(request: string, trial: EndedRequest['trials'][number]): CanaryWitness {
  const { candidate: draftId, rival, byCandidate, byRival } = trial
  return {
    ...{ draftId, request, rival: rival ?? STATIC_RIVAL },
    ...{ rivalTokens: byRival.tokens, rivalMs: byRival.ms },
    ...{ candidateTokens: byCandidate.tokens, candidateMs: byCandidate.ms },
  }
}

/** One that only one of the two drafted for compares nothing. */
function isComplete({ rivalTokens, candidateTokens }: CanaryWitness): boolean {
  return rivalTokens > 0 && candidateTokens > 0
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
