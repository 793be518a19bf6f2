import { setImmediate as nextTick } from 'node:timers/promises'
import { Accounts, type CostTable, type Speculator, StrategyEvidence } from '@foretoken/drafting'
import type { Target } from '@foretoken/model'
import { refusal } from './admission.ts'
import { KvArena } from './cache/arena.ts'
import { PrefixCache } from './cache/prefix-cache.ts'
import { ConstraintError } from './constraint/index.ts'
import { EngineError } from './errors.ts'
import { Job } from './job.ts'
import { ENGINE_DEFAULTS, type EngineLoad, type EngineOptions } from './options.ts'
import type { GenerationEvent, GenerationRequest } from './request.ts'
import { RunningSequences } from './running-sequences.ts'
import { draftSampling, isGreedy, NoiseRows, Sampler, Workspace } from './sampling/index.ts'
import { nextPrefill, Scheduler } from './schedule/index.ts'
import { Sequence, type TokenTable } from './sequence.ts'
import { decodeStep } from './step/decode.ts'
import { prefillStep } from './step/prefill.ts'
import { TraceCapture } from './trace/capture.ts'

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
  private readonly running: RunningSequences
  private readonly workspace: Workspace
  private readonly noise: NoiseRows
  private readonly scheduler: Scheduler<Job | Sequence, Sequence>
  private readonly options: EngineOptions
  private readonly accounts = new Accounts()
  private readonly evidence = new StrategyEvidence()
  private admitted = 0
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
    this.running = new RunningSequences(this.arena)
    this.scheduler = new Scheduler({ ...this.options, fits: (slots, rows) => this.arena.fits(slots, rows) })
    this.workspace = new Workspace(parts.target.shape.vocabularySize)
    this.noise = new NoiseRows(parts.target.shape.vocabularySize)
    this.loop = this.run()
  }

  /** What a run of the target takes for one sequence, without drafts, in milliseconds; as runs since then corrected it. */
  get targetStepMs(): number {
    return this.parts.costs.targetMs(1, 1)
  }

  get load(): EngineLoad {
    const { waiting, blocker } = this.scheduler
    let preempted = 0
    for (const each of waiting) if (each instanceof Sequence) preempted++
    return {
      running: this.running.size,
      waiting: waiting.size,
      waitingFor: { slots: 0, memory: 0, [blocker]: waiting.size - preempted, preempted },
      cacheUsage: this.arena.usage,
    }
  }

  /** Queues a request. Aborting the signal or cancelling the stream frees its sequences before the next step. */
  admit(request: GenerationRequest, signal?: AbortSignal): Admission {
    const error = this.refusal(request)
    if (error) return { ok: false, error }
    const { positionsMax } = this.parts.target.shape
    const job = new Job(request, this.admitted++, positionsMax, signal, this.options.clock(), () => this.notify())
    if (request.resumed) {
      const error = this.resume(job, request.resumed)
      if (error) return { ok: false, error }
    } else this.scheduler.enter(job)
    this.notify()
    return { ok: true, events: job.events }
  }

  /** Deletes all that was learned from a tenant here, and what is cached of its requests. */
  forget(tenant: string): void {
    for (const each of [...this.running.all, ...this.scheduler.waiting]) {
      if (each.tenant === tenant) jobOf(each).forgotten = true
    }
    this.prefixes.forget(tenant)
    this.accounts.forget(tenant)
    this.evidence.forget(tenant)
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
    const full = impossible ? undefined : this.scheduler.full(request.tenant)
    if (!full) return impossible
    return full === 'all'
      ? new EngineError('overloaded', 'Too many requests are waiting; try again shortly.')
      : new EngineError('rate_limit_exceeded', 'Too many of your requests are waiting; try again shortly.')
  }

  private async run(): Promise<void> {
    while (true) {
      this.reap()
      this.schedule()
      if (this.running.size === 0) {
        if (this.stopping && this.scheduler.waiting.size === 0) return
        await new Promise<void>((resolve) => {
          this.wake = resolve
        })
        continue
      }
      await this.prefill()
      this.reap()
      if (this.running.decoding.length > 0) await this.decode()
      await nextTick() // a step that never waits must not starve the sockets
    }
  }

  /** Starts what waits and preempts what has to make room, until nothing is to change. */
  private schedule(): void {
    while (true) {
      const move = this.scheduler.next(this.running.all)
      if (move.kind === 'none') return
      if (move.kind === 'preempt') this.preempt(move.running)
      else this.running.join(move.waiting instanceof Job ? this.open(move.waiting) : move.waiting)
    }
  }

  /**
   * The whole prompt is charged at once, or its tenant could take every slot before the first chunk was. What the prefix
   * cache then spares of it is given back.
   */
  private open(job: Job): Sequence {
    job.times.admitted = this.options.clock()
    this.scheduler.charge(job, { input: job.request.prompt.length })
    return this.openSequence(job, 0)
  }

  /** Its choices are at different places, so each waits for itself, as those do that were preempted. */
  private resume(job: Job, said: readonly (readonly number[])[]): EngineError | undefined {
    job.times.admitted = this.options.clock()
    const sequences: Sequence[] = []
    try {
      for (const [choice, tokens] of said.entries()) sequences.push(this.openSequence(job, choice, tokens))
    } catch (cause) {
      for (const choice of job.open) choice.close()
      return new EngineError('internal', 'What was said so far is none of this request.', null, { cause })
    }
    this.scheduler.enter(
      job,
      sequences.filter(({ finished }) => !finished),
    )
    this.scheduler.charge(job, { input: job.request.prompt.length })
    for (const sequence of sequences) if (sequence.finished) this.end(sequence)
    return undefined
  }

  private preempt(sequence: Sequence): void {
    this.prefixes.keep(sequence, this.running.slotOf(sequence))
    this.running.remove(sequence)
    sequence.cached = 0
    this.scheduler.requeue(sequence)
    this.options.observer?.preempted?.()
  }

  private openSequence(job: Job, choice: number, said?: readonly number[]): Sequence {
    const { target, tokens, speculators } = this.parts
    const { request } = job
    const sampler = new Sampler(request.sampling, choice, request.prompt, target.shape.vocabularySize, this.workspace)
    const { temperature, seed } = request.sampling
    const context = {
      tenant: request.tenant,
      prompt: said ? [...request.prompt, ...said] : request.prompt,
      name: `${request.id} ${choice}`,
      ...(isGreedy(request.sampling) ? {} : { sampling: draftSampling(temperature, seed, choice, this.noise) }),
    }
    const drafts = speculators.map((speculator) => speculator.open(context))
    const capture = this.options.traces && request.learn && !said ? new TraceCapture(request, target.shape) : undefined
    const sequence = new Sequence(job, choice, sampler, drafts, capture, tokens)
    job.open.add(sequence)
    if (said) sequence.resume(said)
    return sequence
  }

  /** Shares the rows that may be cached between two steps among those that are to be prefilled. */
  private async prefill(): Promise<void> {
    const { prefillRows, prefillRowsBusy } = this.options
    let rows = this.running.decoding.length > 0 ? prefillRowsBusy : prefillRows
    const worthARun = Math.min(rows, CHUNK_ROWS_MIN)
    while (true) {
      const prefilling = this.running.prefilling.filter(({ job }) => !job.cancelled)
      const sequence = nextPrefill(prefilling)
      if (!sequence || rows < Math.min(sequence.rowsLeft, worthARun)) return
      for (const each of prefilling) each.passedOver++
      sequence.passedOver = 0
      rows -= await this.prefillChunk(sequence, rows)
    }
  }

  /** @returns rows of the budget that it took */
  private async prefillChunk(sequence: Sequence, rowsMax: number): Promise<number> {
    const { target } = this.parts
    const { running, arena, prefixes } = this
    const { clock, observer } = this.options
    const { job } = sequence
    const lookedUp = job.cachedTokens !== undefined
    try {
      const { report, hidden } = await prefillStep(sequence, { target, arena, prefixes, running, rowsMax, clock })
      observer?.prefill?.(report)
      if (!lookedUp) this.scheduler.charge(job, { input: -(job.cachedTokens ?? 0) })
      if (sequence.rowsLeft > 0 || job.cancelled) return report.rows
      running.promote(sequence)
      prefixes.keep(sequence, running.slotOf(sequence))
      if (!sequence.begun) this.begin(sequence, hidden)
      return report.rows
    } catch (cause) {
      this.fail([sequence], cause)
      return rowsMax
    }
  }

  /** The prompt is cached for the first time: the other choices fork from it. */
  private begin(sequence: Sequence, hidden: Float32Array | undefined): void {
    const { job } = sequence
    job.times.decoding = this.options.clock()
    if (sequence.resumed) sequence.prefilled(hidden)
    else this.forkChoices(sequence, hidden)
  }

  private forkChoices(sequence: Sequence, hidden: Float32Array | undefined): void {
    const { job } = sequence
    for (let choice = 1; choice < job.slots; choice++)
      this.running.fork(sequence, this.openSequence(job, choice), sequence.cached)
    for (const each of job.open) each.prefilled(hidden)
  }

  private async decode(): Promise<void> {
    const batch = [...this.running.decoding]
    const room = this.arena.rowsAffordable(this.running.size) - Math.max(...this.running.all.map(({ rows }) => rows))
    try {
      const report = await decodeStep(batch, {
        target: this.parts.target,
        arena: this.arena,
        running: this.running,
        speculators: this.parts.speculators,
        costs: this.parts.costs,
        accounts: this.accounts,
        evidence: this.evidence,
        step: this.steps++,
        lookaheadMax: Math.min(this.options.lookaheadMax, room),
        clock: this.options.clock,
        onSequenceError: (sequence, cause) => this.fail([sequence], cause),
        onDraftError: (speculator, cause) => this.options.observer?.draftFailed?.(speculator, cause),
      })
      for (const [index, { committed }] of report.results.entries()) {
        const sequence = batch[index]
        if (sequence) this.scheduler.charge(sequence, { output: committed })
      }
      this.options.observer?.decode?.(report)
    } catch (cause) {
      this.fail(batch, cause)
    }
    for (const sequence of batch) if (sequence.finished) this.retire(sequence)
  }

  private retire(sequence: Sequence): void {
    if (isComplete(sequence)) this.prefixes.keep(sequence, this.running.slotOf(sequence))
    this.running.remove(sequence)
    this.end(sequence)
  }

  private end(sequence: Sequence): void {
    const { job, capture } = sequence
    sequence.close()
    if (capture && isComplete(sequence)) this.options.traces?.record(capture.finish(sequence.tokens))
    job.open.delete(sequence)
    if (job.open.size > 0) return
    this.scheduler.leave(job)
    job.finish(this.options.clock())
    this.options.observer?.finished?.(job)
  }

  /** Frees what belongs to jobs whose reader went away. */
  private reap(): void {
    for (const each of this.scheduler.waiting.removeAll(isCancelled)) {
      if (each instanceof Sequence) this.end(each)
      else this.scheduler.leave(each)
    }
    for (const sequence of this.running.all) if (isCancelled(sequence)) this.retire(sequence)
  }

  /** A run that broke fails the requests that took part in it, and nothing else. */
  private fail(sequences: readonly Sequence[], cause: unknown): void {
    for (const { job } of sequences) job.fail(errorOf(cause, job), this.options.clock())
  }

  private notify(): void {
    this.wake?.()
    this.wake = undefined
  }
}

/** A run costs much the same up to this many rows, so fewer are not worth one of their own. */
const CHUNK_ROWS_MIN = 16

function jobOf(one: Job | Sequence): Job {
  return one instanceof Job ? one : one.job
}

function errorOf(cause: unknown, { request }: Job): EngineError {
  if (cause instanceof EngineError) return cause
  if (cause instanceof ConstraintError) {
    return new EngineError('invalid_value', cause.message, request.constraint?.param ?? null, { cause })
  }
  return new EngineError('internal', 'The model failed on this request.', null, { cause })
}

function isCancelled(one: Job | Sequence): boolean {
  return jobOf(one).cancelled
}

/** It ran to its end, and its reader is there. */
function isComplete({ finished, job }: Sequence): boolean {
  return finished !== undefined && !job.cancelled
}
