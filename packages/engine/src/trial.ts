import type { TrialStep } from '@foretoken/drafting'

/** Tokens that steps committed, and what these took. */
export interface Served {
  readonly tokens: number
  readonly ms: number
}

/** What one request says of a candidate: what it and its rival made of the steps that they took turns at. */
export interface TrialSummary {
  readonly candidate: string
  /** Null: the draft that all tenants share. */
  readonly rival: string | null
  readonly byCandidate: Served
  readonly byRival: Served
}

/** Adds up a request's steps by whose turn it was. */
export class TrialCounter {
  private readonly trials = new Map<string, Counts>()

  add({ candidate, rival, drafter }: TrialStep, tokens: number, ms: number): void {
    const key = `${candidate} ${rival}`
    const counts = this.trials.get(key) ?? {
      ...{ candidate, rival },
      byCandidate: { tokens: 0, ms: 0 },
      byRival: { tokens: 0, ms: 0 },
    }
    this.trials.set(key, counts)
    const own = drafter === 'candidate' ? counts.byCandidate : counts.byRival
    own.tokens += tokens
    own.ms += ms
  }

  summary(): TrialSummary[] {
    return [...this.trials.values()]
  }
}

interface Counts extends TrialSummary {
  readonly byCandidate: { tokens: number; ms: number }
  readonly byRival: { tokens: number; ms: number }
}
