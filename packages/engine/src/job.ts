import { rowsNeeded } from './admission.ts'
import type { EngineError } from './errors.ts'
import type { GenerationEvent, GenerationRequest } from './request.ts'
import type { Schedulable } from './schedule/index.ts'
import { SpeculationCounter } from './statistics.ts'
import { TrialCounter } from './trial.ts'

/**
 * One admitted request: its choices and the stream its tenant reads. A consumer that goes away (an aborted signal, a
 * cancelled stream) marks the job; the engine frees its sequences before the next step.
 */
export class Job implements Schedulable {
  readonly events: ReadableStream<GenerationEvent>
  readonly speculation = new SpeculationCounter()
  readonly trials = new TrialCounter()
  /** Choices that are still being generated. */
  readonly open = new Set<Choice>()
  readonly times: JobTimes
  cancelled = false
  /** Prompt tokens that did not have to be run when its prefill began. */
  cachedTokens: number | undefined
  /** Its tenant asked, since it began, that nothing be left of it. */
  forgotten = false
  private completionTokens = 0
  private controller: ReadableStreamDefaultController<GenerationEvent> | undefined
  private readonly abort = () => this.cancel()

  constructor(
    readonly request: GenerationRequest,
    /** Its number among all that were admitted. */
    readonly arrival: number,
    private readonly positionsMax: number,
    private readonly signal: AbortSignal | undefined,
    now: number,
    private readonly onCancel: () => void,
  ) {
    this.times = { queued: now, admitted: now, decoding: now, ended: now }
    this.events = new ReadableStream<GenerationEvent>({
      start: (controller) => {
        this.controller = controller
      },
      cancel: () => this.cancel(),
    })
    if (signal?.aborted) this.cancelled = true
    else signal?.addEventListener('abort', this.abort, { once: true })
  }

  get tenant(): string {
    return this.request.tenant
  }

  get weight(): number {
    return this.request.weight ?? 1
  }

  get slots(): number {
    return this.request.choices
  }

  get rows(): number {
    return this.request.prompt.length
  }

  get rowsMax(): number {
    return rowsNeeded(this.request, this.positionsMax)
  }

  emit(event: GenerationEvent): void {
    if (this.cancelled) return
    this.controller?.enqueue(event)
    if (event.type === 'text') this.completionTokens += event.tokens.length
  }

  /** So many completion tokens were said elsewhere; the totals count them. */
  resumed(completionTokens: number): void {
    this.completionTokens += completionTokens
  }

  /** Ends the stream with the totals. */
  finish(now: number): void {
    this.times.ended = now
    const { completionTokens, cachedTokens = 0 } = this
    const usage = { promptTokens: this.request.prompt.length, cachedTokens, completionTokens }
    this.emit({ type: 'end', usage, speculation: this.speculation.summary(), trials: this.trials.summary() })
    this.detach()
    if (!this.cancelled) this.controller?.close()
  }

  fail(error: EngineError, now: number): void {
    this.times.ended = now
    this.detach()
    if (!this.cancelled) this.controller?.error(error)
    this.cancelled = true
  }

  private cancel(): void {
    if (this.cancelled) return
    this.cancelled = true
    this.detach()
    this.onCancel()
  }

  private detach(): void {
    this.signal?.removeEventListener('abort', this.abort)
  }
}

/** One of its choices while it is generated, as far as the request knows it. */
export interface Choice {
  /** The prompt is cached but for its last token; `hidden` [d] is the state before that one, if there is one before. */
  prefilled(hidden: Float32Array | undefined): void
  /** Lets go of what drafts for it. */
  close(): void
}

/** Milliseconds of the engine's clock. */
export interface JobTimes {
  queued: number
  admitted: number
  decoding: number
  ended: number
}
