import type { RequestMetrics } from '@foretoken/telemetry'
import type { UsageRecord } from '../store.ts'
import type { AnswerEvent } from './answer.ts'

const FINISHED_REASONS = { cancelled: 'abort', failed: 'error' } as const

/** Times one answer, as the tenant sees it, and feeds the metrics. */
export class Stopwatch {
  private readonly startMs = performance.now()
  private readonly lastTextMs = new Map<number, number>()
  private finishedReason: 'stop' | 'length' = 'stop'
  firstTextMs: number | null = null

  constructor(
    private readonly metrics: RequestMetrics,
    private readonly model: string,
  ) {}

  observe(event: AnswerEvent): void {
    if (event.type === 'finish') this.finishedReason = event.reason
    if (event.type !== 'text') return
    const nowMs = performance.now()
    const labels = { model_name: this.model }
    if (this.firstTextMs === null) {
      this.firstTextMs = nowMs - this.startMs
      this.metrics.firstTokenSeconds.observe(labels, this.firstTextMs / 1_000)
    }
    const lastMs = this.lastTextMs.get(event.choice)
    if (lastMs !== undefined) this.metrics.interTokenSeconds.observe(labels, (nowMs - lastMs) / 1_000)
    this.lastTextMs.set(event.choice, nowMs)
  }

  finish(usage: UsageRecord): void {
    const labels = { model_name: this.model }
    const reason = usage.status === 'completed' ? this.finishedReason : FINISHED_REASONS[usage.status]
    this.metrics.requests.inc({ ...labels, finished_reason: reason })
    this.metrics.requestSeconds.observe(labels, (performance.now() - this.startMs) / 1_000)
    this.metrics.promptTokens.inc(labels, usage.promptTokens)
    this.metrics.completionTokens.inc(labels, usage.completionTokens)
    this.metrics.promptTokensPerRequest.observe(labels, usage.promptTokens)
    this.metrics.completionTokensPerRequest.observe(labels, usage.completionTokens)
  }
}
