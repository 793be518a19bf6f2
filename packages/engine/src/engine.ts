import { setImmediate as nextTick } from 'node:timers/promises'
import { Accounts, type CostTable, type Speculator, Trust } from '@foretoken/drafting'
import type { Target } from '@foretoken/model'
import { refusal, rowsNeeded } from './admission.ts'
import { KvArena } from './cache/arena.ts'
import { PrefixCache } from './cache/prefix-cache.ts'
import { EngineError } from './errors.ts'
import { Job, type JobTimes } from './job.ts'
import type { GenerationEvent, GenerationRequest } from './request.ts'
import { Roster } from './roster.ts'
import { draftSampling, isGreedy, NoiseRows, Sampler, Workspace } from './sampling/index.ts'
import { Sequence, type TokenTable } from './sequence.ts'
import { decodeStep } from './step/decode.ts'
import { type PrefillReport, prefillStep } from './step/prefill.ts'
import type { DecodeReport } from './step/report.ts'
import { TraceCapture } from './trace/capture.ts'
import type { TraceSink } from './trace/trace.ts'

export interface EngineOptions {
  /** Sequences that hold cache rows at once. */
  readonly sequencesMax: number
  /** Requests that may wait for a slot before the engine answers `overloaded`. */
  readonly waitingMax: number
  readonly cacheBytesMax: number
  /** Share of them that prefixes of earlier requests may fill, between 0 (nothing is kept) and 1. */
  readonly prefixCacheShare: number
  /** Prompt tokens per prefill run: alone, and while other sequences are decoding and must not stall. */
  readonly prefillRows: number
  readonly prefillRowsBusy: number
  readonly lookaheadMax: number
  /** Milliseconds, monotonic. */
  readonly clock: () => number
  readonly observer?: EngineObserver
  /** Where traces of finished choices go; absent: none are captured. */
  readonly traces?: TraceSink
}

export const ENGINE_DEFAULTS: EngineOptions = {
  sequencesMax: 16,
  waitingMax: 256,
  cacheBytesMax: 1 << 30,
  prefixCacheShare: 0.25,
  prefillRows: 128,
  prefillRowsBusy: 32,
  lookaheadMax: 16,
  clock: () => performance.now(),
}

/** What telemetry may watch; never called with prompt or completion text. */
export interface EngineObserver {
  prefill?(report: PrefillReport): void
  decode?(report: DecodeReport): void
  finished?(job: { times: JobTimes; cancelled: boolean }): void
  /** A speculator threw instead of drafting; the step went on without it. */
  draftFailed?(speculator: Speculator, cause: unknown): void
}

export type Admission = { ok: true; events: ReadableStream<GenerationEvent> } | { ok: false; error: EngineError }

export interface EngineParts {
  readonly target: Target
  readonly tokens: TokenTable
  readonly speculators: readonly Speculator[]
  readonly costs: CostTable
}

export class Engine {
  private readonly arena: KvArena
  private readonly prefixes: PrefixCache
  private readonly roster: Roster
  private readonly workspace: Workspace
  private readonly noise: NoiseRows
  private readonly waiting: Job[] = []
  private readonly options: EngineOptions
  private readonly accounts = new Accounts()
  private readonly trust = new Trust()
  private steps = 0
  private stopping = false
  private wake: (() => void) | undefined
  private readonly loop: Promise<void>

  constructor(
    private readonly parts: EngineParts,
    options: Partial<EngineOptions> = {},
  ) {
    this.options = { ...ENGINE_DEFAULTS, ...options }
    const { cacheBytesMax, prefixCacheShare } = this.options
    this.arena = new KvArena(parts.target.shape, cacheBytesMax * (1 - prefixCacheShare))
    this.prefixes = new PrefixCache(parts.target.shape, this.arena, cacheBytesMax * prefixCacheShare)
    this.roster = new Roster(this.arena)
    this.workspace = new Workspace(parts.target.shape.vocabularySize)
    this.noise = new NoiseRows(parts.target.shape.vocabularySize)
    this.loop = this.run()
  }

  get load(): { running: number; waiting: number; cacheUsage: number } {
    return { running: this.roster.size, waiting: this.waiting.length, cacheUsage: this.arena.usage }
  }

  /** Queues a request. Aborting the signal or cancelling the stream frees its sequences before the next step. */
  admit(request: GenerationRequest, signal?: AbortSignal): Admission {
    const error = this.refusal(request)
    if (error) return { ok: false, error }
    const job = new Job(request, signal, this.options.clock(), () => this.notify())
    this.waiting.push(job)
    this.notify()
    return { ok: true, events: job.events }
  }

  /** Deletes all that was learned from a tenant here, and what is cached of its requests. */
  forget(tenant: string): void {
    for (const { job } of this.active) if (job.request.tenant === tenant) job.forgotten = true
    this.prefixes.forget(tenant)
    this.accounts.forget(tenant)
    this.trust.forget(tenant)
    for (const speculator of this.parts.speculators) speculator.forget(tenant)
  }

  /** Admits nothing more and resolves when all that was admitted has ended. */
  async drain(): Promise<void> {
    this.stopping = true
    this.notify()
    await this.loop
  }

  private refusal(request: GenerationRequest): EngineError | undefined {
    if (this.stopping) return new EngineError('shutting_down', 'This worker is shutting down; try again.')
    const { target, speculators } = this.parts
    const impossible = refusal(request, {
      shape: target.shape,
      sequencesMax: this.options.sequencesMax,
      arms: speculators.flatMap((speculator) => speculator.arms),
      fits: (sequences, rows) => this.arena.fits(sequences, rows),
    })
    if (impossible || this.waiting.length < this.options.waitingMax) return impossible
    return new EngineError('overloaded', 'Too many requests are waiting; try again shortly.')
  }

  private async run(): Promise<void> {
    while (true) {
      this.reap()
      this.startWaiting()
      if (this.roster.size === 0) {
        if (this.stopping && this.waiting.length === 0) return
        await new Promise<void>((resolve) => {
          this.wake = resolve
        })
        continue
      }
      if (this.roster.prefilling) await this.prefill(this.roster.prefilling)
      this.reap()
      if (this.roster.decoding.length > 0) await this.decode()
      await nextTick() // a step that never waits must not starve the sockets
    }
  }

  /** One job prefills at a time; choices beyond the first fork from it when its prompt is cached. */
  private startWaiting(): void {
    const job = this.waiting[0]
    if (!job || this.roster.prefilling) return
    const slots = this.roster.size + job.request.choices
    const rows = Math.max(
      this.rowsNeeded(job.request),
      ...this.roster.decoding.map(({ job: other }) => this.rowsNeeded(other.request)),
    )
    if (slots > this.options.sequencesMax || !this.arena.fits(slots, rows)) return
    this.waiting.shift()
    job.times.admitted = this.options.clock()
    const sequence = this.openSequence(job, 0)
    this.roster.prefilling = sequence
  }

  private openSequence(job: Job, choice: number): Sequence {
    const { target, tokens, speculators } = this.parts
    const { request } = job
    const sampler = new Sampler(request.sampling, choice, request.prompt, target.shape.vocabularySize, this.workspace)
    const { temperature, seed } = request.sampling
    const context = {
      tenant: request.tenant,
      prompt: request.prompt,
      ...(isGreedy(request.sampling) ? {} : { sampling: draftSampling(temperature, seed, choice, this.noise) }),
    }
    const drafts = speculators.map((speculator) => speculator.open(context))
    const capture = this.options.traces && request.learn ? new TraceCapture(request, target.shape) : undefined
    const sequence = new Sequence(job, choice, sampler, drafts, capture, tokens, target.shape.positionsMax)
    job.open.add(sequence)
    return sequence
  }

  private async prefill(sequence: Sequence): Promise<void> {
    const { roster, arena } = this
    const { choices } = sequence.job.request
    try {
      const busy = roster.decoding.length > 0
      const { report, hidden } = await prefillStep(sequence, {
        target: this.parts.target,
        arena,
        prefixes: this.prefixes,
        roster,
        rowsMax: busy ? this.options.prefillRowsBusy : this.options.prefillRows,
        clock: this.options.clock,
      })
      this.options.observer?.prefill?.(report)
      if (sequence.uncached > 1 || sequence.job.cancelled) return
      sequence.job.times.decoding = this.options.clock()
      roster.promote()
      this.prefixes.keep(sequence, roster.decoding.indexOf(sequence))
      for (let choice = 1; choice < choices; choice++)
        roster.fork(sequence, this.openSequence(sequence.job, choice), sequence.cached)
      for (const each of sequence.job.open) each.prefilled(hidden)
    } catch (cause) {
      this.fail([sequence], cause)
    }
  }

  private async decode(): Promise<void> {
    const batch = [...this.roster.decoding]
    try {
      const report = await decodeStep(batch, {
        target: this.parts.target,
        arena: this.arena,
        roster: this.roster,
        speculators: this.parts.speculators,
        costs: this.parts.costs,
        accounts: this.accounts,
        trust: this.trust,
        step: this.steps++,
        lookaheadMax: this.options.lookaheadMax,
        clock: this.options.clock,
        onSequenceError: (sequence, cause) => this.fail([sequence], cause),
        onDraftError: (speculator, cause) => this.options.observer?.draftFailed?.(speculator, cause),
      })
      this.options.observer?.decode?.(report)
    } catch (cause) {
      this.fail(batch, cause)
    }
    for (const sequence of batch) if (sequence.finished) this.retire(sequence)
  }

  private retire(sequence: Sequence): void {
    const { job, capture } = sequence
    const complete = sequence.finished !== undefined && !job.cancelled
    if (complete) this.prefixes.keep(sequence, this.roster.decoding.indexOf(sequence))
    this.roster.remove(sequence)
    sequence.close()
    if (capture && complete) this.options.traces?.record(capture.finish(sequence.tokens))
    job.open.delete(sequence)
    if (job.open.size > 0) return
    job.finish(this.options.clock())
    this.options.observer?.finished?.(job)
  }

  /** Frees what belongs to jobs whose reader went away. */
  private reap(): void {
    for (let index = this.waiting.length - 1; index >= 0; index--) {
      if (this.waiting[index]?.cancelled) this.waiting.splice(index, 1)
    }
    for (const sequence of this.active) if (sequence.job.cancelled) this.retire(sequence)
  }

  /** A run that broke fails the requests that took part in it, and nothing else. */
  private fail(sequences: readonly Sequence[], cause: unknown): void {
    const error =
      cause instanceof EngineError
        ? cause
        : new EngineError('internal', 'The model failed on this request.', null, { cause })
    for (const sequence of sequences) sequence.job.fail(error, this.options.clock())
  }

  private get active(): Sequence[] {
    const { decoding, prefilling } = this.roster
    return prefilling ? [prefilling, ...decoding] : [...decoding]
  }

  private rowsNeeded(request: GenerationRequest): number {
    return rowsNeeded(request, this.parts.target.shape)
  }

  private notify(): void {
    this.wake?.()
    this.wake = undefined
  }
}
