import type { SimulatedTenant } from './tenant.ts'

/** What a strategy came to. Times in milliseconds. */
export class Tally {
  targetMs = 0
  savedMs = 0
  /** Of it, what drafts of other traffic lost. */
  lostMs = 0
  trainingMs = 0
  runs = 0
  promoted = 0
  requests = 0
  /** Trace segments that workers wrote: one for each TOKENS_PER_SEGMENT, or every 15 s. */
  segments = 0
  /** Hours in which a tenant asked for something. */
  activeHours = 0
  waitedHoursMax = 0
  /** At the end: who is there, who has a draft, and how many of these lie in memory. */
  tenants = 0
  drafts = 0
  hot = 0
  /** Up to the end of each day. */
  readonly savedByDay: Float64Array
  readonly trainingByDay: Float64Array

  constructor(
    readonly name: string,
    days: number,
  ) {
    this.savedByDay = new Float64Array(days)
    this.trainingByDay = new Float64Array(days)
  }

  served(hour: number, targetMs: number, savedMs: number): void {
    this.targetMs += targetMs
    this.savedMs += savedMs
    if (savedMs < 0) this.lostMs -= savedMs
    add(this.savedByDay, hour, savedMs)
  }

  /** What an hour's requests leave behind; the trace recorder flushes by tokens and by time. */
  recorded(requests: number, tokens: number): void {
    if (requests === 0) return
    this.requests += requests
    this.activeHours++
    this.segments += Math.min(requests, Math.max(tokens / TOKENS_PER_SEGMENT, FLUSHES_PER_HOUR))
  }

  /** What there is when time is over. */
  closed(tenants: readonly SimulatedTenant[]): void {
    this.tenants = tenants.length
    this.drafts = tenants.filter(({ live }) => live !== null && live.place !== 'nowhere').length
    this.hot = tenants.reduce((sum, { live, hotShare }) => sum + (live ? hotShare : 0), 0)
  }

  trained(hour: number, costMs: number): void {
    this.runs++
    this.trainingMs += costMs
    add(this.trainingByDay, hour, costMs)
  }

  ended(promoted: boolean): void {
    if (promoted) this.promoted++
  }

  waiting(tenants: readonly SimulatedTenant[], nowMs: number): void {
    for (const { enoughSinceMs } of tenants) {
      if (enoughSinceMs !== null)
        this.waitedHoursMax = Math.max(this.waitedHoursMax, (nowMs - enoughSinceMs) / 3_600_000)
    }
  }

  /** Saved target time for each second of training. */
  get ratio(): number {
    return this.savedMs / Math.max(1, this.trainingMs)
  }
}

const TOKENS_PER_SEGMENT = 2_048
const FLUSHES_PER_HOUR = 240

function add(days: Float64Array, hour: number, ms: number): void {
  const day = Math.floor(hour / 24)
  days[day] = (days[day] ?? 0) + ms
}
