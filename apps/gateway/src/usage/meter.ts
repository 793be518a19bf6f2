import type { UsedTokens } from '@foretoken/metering'
import type { AnswerEvent, Progress } from '../generation/answer.ts'
import type { AuthenticatedKey, OpenRequest, UsageRecord } from '../store.ts'

export interface RequestFacts {
  readonly requestId: string
  readonly key: AuthenticatedKey
  readonly model: string
  readonly endpoint: UsageRecord['endpoint']
  readonly stream: boolean
  /** From 1: how often the request was begun under one idempotency key. Absent: once. */
  readonly attempt?: number
}

export interface Outcome {
  readonly status: UsageRecord['status']
  readonly errorCode: string | null
}

/**
 * Counts what one request used, from cumulative counters: a lost frame loses nothing, a repeated one adds nothing. The
 * worker's own totals, once there, stand. A request that ends early is billed for what reached the gateway.
 */
export class Meter implements Progress {
  private promptTokens = 0
  private readonly cachedTokens = new Map<number, number>()
  private readonly completionTokens = new Map<number, number>()
  private end: Extract<AnswerEvent, { type: 'end' }> | null = null

  constructor(
    readonly facts: RequestFacts,
    readonly startedAt: Date,
  ) {}

  started(promptTokens: number): void {
    this.promptTokens += promptTokens
  }

  cached(call: number, cachedTokens: number): void {
    this.cachedTokens.set(call, cachedTokens)
  }

  observe(event: AnswerEvent): void {
    if (event.type === 'end') this.end = event
    if (event.type === 'text') this.completionTokens.set(event.choice, event.completionTokens)
  }

  get complete(): boolean {
    return this.end !== null
  }

  /** Of the prompt and the completion, by now. */
  get tokens(): number {
    return this.promptTokens + sum(this.completionTokens)
  }

  /** The usage row, and what the arms did where a worker told. */
  settle(outcome: Outcome, finishedAt: Date): UsageRecord {
    const { key, ...facts } = this.facts
    return {
      ...facts,
      ...outcome,
      tenantId: key.tenantId,
      keyId: key.keyId,
      startedAt: this.startedAt,
      finishedAt,
      promptTokens: this.end?.usage.promptTokens ?? this.promptTokens,
      cachedTokens: this.end?.usage.cachedTokens ?? sum(this.cachedTokens),
      completionTokens: this.end?.usage.completionTokens ?? sum(this.completionTokens),
      speculation: this.end?.speculation ?? null,
    }
  }

  /** What it will have used when these are delivered too. */
  soFarWith(events: readonly AnswerEvent[]): UsedTokens {
    const completionTokens = new Map(this.completionTokens)
    for (const event of events) if (event.type === 'text') completionTokens.set(event.choice, event.completionTokens)
    return {
      promptTokens: this.promptTokens,
      cachedTokens: sum(this.cachedTokens),
      completionTokens: sum(completionTokens),
    }
  }

  /** What it has used by now, for the journal. */
  soFar(): OpenRequest {
    const { key, requestId, ...facts } = this.facts
    return {
      ...facts,
      id: requestId,
      tenantId: key.tenantId,
      keyId: key.keyId,
      startedAt: this.startedAt,
      promptTokens: this.promptTokens,
      cachedTokens: sum(this.cachedTokens),
      completionTokens: sum(this.completionTokens),
    }
  }
}

function sum(tokens: ReadonlyMap<number, number>): number {
  return [...tokens.values()].reduce((total, each) => total + each, 0)
}
