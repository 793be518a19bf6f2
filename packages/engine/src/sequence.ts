import { type BackOff, type DraftSession, NO_BACK_OFF, type TrialStep } from '@foretoken/drafting'
import type { ConstrainedText } from './constraint/index.ts'
import type { Choice, Job } from './job.ts'
import type { FinishReason, TokenLogprob } from './request.ts'
import type { Sampler } from './sampling/index.ts'
import type { Schedulable } from './schedule/index.ts'
import { Detokeniser, StopMatcher } from './text/index.ts'
import type { TraceCapture } from './trace/capture.ts'

export interface TokenTable {
  readonly eosIds: readonly number[]
  bytesOf(id: number): Uint8Array
}

/**
 * One choice being generated. `tokens` is prompt and completion; the first `cached` of them have their rows in the
 * KV arena. While decoding exactly one token, the last committed one, is not cached yet: it leads the next step.
 *
 * A sequence that is preempted loses its rows and nothing else: its tokens are cached anew, and it goes on as if
 * nothing had been.
 */
export class Sequence implements Choice, Schedulable {
  readonly tokens: number[]
  cached = 0
  /** Its prompt was cached once: the drafts and the trace know of it, and the job's other choices have forked. */
  begun = false
  /** It goes on from what another engine said of it; the job's other choices do so too, each by itself. */
  resumed = false
  /** Chunks of other prompts that were cached since its own last one. */
  passedOver = 0
  finished: FinishReason | undefined
  /** What may follow; absent: anything. */
  readonly constraint: ConstrainedText | undefined
  /** What the step under way is part of. */
  trial: TrialStep | undefined
  private readonly backOffs = { candidate: NO_BACK_OFF, rival: NO_BACK_OFF }
  private readonly detokeniser: Detokeniser
  private readonly stops: StopMatcher
  private fresh: { text: string; tokens: number[]; logprobs: TokenLogprob[] } = { text: '', tokens: [], logprobs: [] }

  constructor(
    readonly job: Job,
    readonly choice: number,
    readonly sampler: Sampler,
    /** In the order of the engine's speculators. */
    readonly drafts: readonly DraftSession[],
    /** Absent where nobody may learn from this sequence. */
    readonly capture: TraceCapture | undefined,
    private readonly table: TokenTable,
  ) {
    const { prompt, stopStrings, constraint } = job.request
    this.constraint = constraint?.open()
    this.tokens = [...prompt]
    this.detokeniser = new Detokeniser(table)
    this.stops = new StopMatcher(stopStrings)
  }

  get tenant(): string {
    return this.job.tenant
  }

  get weight(): number {
    return this.job.weight
  }

  /** Whom evidence about drafting for it concerns: what holds for its tenant's draft need not hold for a candidate. */
  get learner(): string {
    return this.trial?.drafter === 'candidate' ? `${this.tenant}\n${this.trial.candidate}` : this.tenant
  }

  /** At which steps the controller does not ask what could be drafted for it. */
  get backOff(): BackOff {
    return this.backOffs[this.trial?.drafter ?? 'rival']
  }

  set backOff(backOff: BackOff) {
    this.backOffs[this.trial?.drafter ?? 'rival'] = backOff
  }

  get arrival(): number {
    return this.job.arrival
  }

  get slots(): number {
    return this.begun || this.resumed ? 1 : this.job.slots
  }

  get rows(): number {
    return this.tokens.length
  }

  get rowsMax(): number {
    return this.job.rowsMax
  }

  /** Rows to cache before it can decode. */
  get rowsLeft(): number {
    return this.uncached - 1
  }

  /** The controller decides what drafts for it, and whether. */
  get isFree(): boolean {
    const { arm, lookahead } = this.job.request.speculation
    return arm === 'auto' && lookahead === undefined
  }

  /** Committed tokens whose rows are not in the cache yet. */
  get uncached(): number {
    return this.tokens.length - this.cached
  }

  /** Draft tokens worth verifying now: the step's own token must still fit. */
  get lookaheadMax(): number {
    return Math.max(0, this.rowsMax - this.tokens.length - 1)
  }

  /** A step is about to be taken: finds out whose turn it is. */
  beginStep(): void {
    this.trial = undefined
    for (const session of this.drafts) this.trial ??= session.trial?.()
  }

  prefilled(hidden: Float32Array | undefined): void {
    this.begun = true
    if (!hidden) return
    for (const session of this.drafts) session.prefilled(hidden)
    this.capture?.prefilled(hidden)
  }

  /** Takes the token that the target chose; says by `finished` whether it was the last one. */
  commit(token: number, logprob?: TokenLogprob): void {
    this.tokens.push(token)
    this.sampler.commit(token)
    this.fresh.tokens.push(token)
    if (this.table.eosIds.includes(token)) {
      this.end('stop')
      return
    }
    this.constraint?.commit(token)
    if (logprob) this.fresh.logprobs.push(logprob)
    const matched = this.stops.push(this.detokeniser.push([token]))
    this.fresh.text += matched.text
    if (matched.stopped !== undefined) this.finished = 'stop'
    else if (this.constraint?.ended) this.end('stop')
    else if (this.tokens.length >= this.rowsMax) this.end('length')
  }

  /** Takes what its reader has as committed, and says none of it again but how it ended, if it did. */
  resume(tokens: readonly number[]): void {
    this.resumed = true
    for (const token of tokens) if (!this.finished) this.commit(token)
    this.job.resumed(this.fresh.tokens.length)
    this.fresh = { text: '', tokens: [], logprobs: [] }
    if (this.finished) this.job.emit({ type: 'finish', choice: this.choice, reason: this.finished })
  }

  /** Hands what was committed since the last call to the tenant's stream. */
  flush(): void {
    const { text, tokens, logprobs } = this.fresh
    if (tokens.length === 0) return
    const withLogprobs = this.job.request.topLogprobs === undefined ? {} : { logprobs }
    const { cachedTokens = 0 } = this.job
    this.job.emit({ type: 'text', choice: this.choice, text, tokens, cachedTokens, ...withLogprobs })
    this.fresh = { text: '', tokens: [], logprobs: [] }
    if (this.finished) this.job.emit({ type: 'finish', choice: this.choice, reason: this.finished })
  }

  /** Releases the drafting sessions; the tenant's index learns only from completions that ran to their end, and may. */
  close(): void {
    const keep = this.finished !== undefined && this.job.request.learn
    for (const session of this.drafts) session.close(keep)
  }

  private end(reason: FinishReason): void {
    this.finished = reason
    const rest = this.stops.push(this.detokeniser.flush())
    this.fresh.text += rest.text
    if (rest.stopped === undefined) this.fresh.text += this.stops.flush()
    else this.finished = 'stop'
  }
}
