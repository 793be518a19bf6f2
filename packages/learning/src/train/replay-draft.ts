import type { Adapter, ChainStart, DraftSampling, RecurrentDraft } from '@foretoken/drafting'
import type { Trace } from '@foretoken/engine'
import { fromHalf } from '@foretoken/storage'
import type { ReplayedTrace } from './replay.ts'

export interface DraftReplayOptions {
  /** Tokens of a chain. */
  readonly depth: number
  /** Absent: the static draft. */
  readonly adapter?: Adapter
  /** The noise that a trace was sampled with, which the draft saw too; undefined of one that was greedy. */
  readonly samplingOf: (trace: Trace) => DraftSampling | undefined
  readonly signal: AbortSignal
}

/**
 * As Replay, but by the draft that serves, in its precision and with the noise that it would see: from every recorded
 * hidden state it drafts as if it had been asked there. Nothing is left to assume but the milliseconds.
 */
export async function replayDraft(
  draft: RecurrentDraft,
  traces: readonly Trace[],
  options: DraftReplayOptions,
): Promise<ReplayedTrace[]> {
  const replays = traces.map((trace) => new TraceReplay(draft, trace, options))
  for (let from = 0; from < replays.length; from += TOGETHER) {
    const group = replays.slice(from, from + TOGETHER)
    for (let left = group; left.length > 0; left = left.filter(({ done }) => !done)) {
      options.signal.throwIfAborted()
      const open = left.filter(({ done }) => !done)
      const chains = await draft.draft(
        open.map((each) => each.start()),
        options.depth,
      )
      for (const [at, each] of open.entries()) each.hear(chains[at] ?? { tokens: [], confidence: [] })
    }
  }
  return replays.flatMap(({ result }) => (result.accepted.length > 0 ? [result] : []))
}

/** Traces in one call of the draft. */
const TOGETHER = 16

class TraceReplay {
  readonly result: ReplayedTrace
  private readonly context: ReturnType<RecurrentDraft['contextOf']>
  private readonly sampling: DraftSampling | undefined
  private row: number

  constructor(
    draft: RecurrentDraft,
    trace: Trace,
    private readonly options: DraftReplayOptions,
  ) {
    const first = trace.prompt.length > 1 ? 0 : 1 // as examplesOf
    const rows = Math.max(0, trace.tokens.length - first)
    const confidence = new Float32Array(rows * options.depth)
    this.result = { trace, first, accepted: new Uint8Array(rows), confidence }
    this.context = draft.contextOf([...trace.prompt, ...trace.tokens.subarray(0, first)])
    this.sampling = options.samplingOf(trace)
    this.row = first
  }

  get done(): boolean {
    return this.row >= this.result.trace.tokens.length
  }

  start(): ChainStart {
    const { trace } = this.result
    const width = trace.hidden.length / (trace.tokens.length + 1)
    const hidden = fromHalf(trace.hidden.subarray(this.row * width, (this.row + 1) * width))
    const { adapter } = this.options
    const noise = this.sampling && { sampling: this.sampling, position: trace.prompt.length + this.row }
    return { hidden, context: this.context, ...(adapter && { adapter }), ...(noise && { noise }) }
  }

  hear({ tokens, confidence }: { readonly tokens: readonly number[]; readonly confidence: readonly number[] }): void {
    const { trace, first, accepted, confidence: all } = this.result
    const wrong = tokens.findIndex((token, at) => token !== trace.tokens[this.row + at])
    accepted[this.row - first] = wrong < 0 ? tokens.length : wrong
    all.set(confidence, (this.row - first) * this.options.depth)
    this.context.push(trace.tokens[this.row] ?? 0)
    this.row++
  }
}
