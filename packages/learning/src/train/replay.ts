import type { Parameters } from '@foretoken/drafting'
import type { Trace } from '@foretoken/engine'
import { serialise } from '@foretoken/graph'
import { InferenceSession, Tensor } from '@foretoken/onnx-runtime'
import type { TrainableDraft } from './draft-graphs.ts'
import { batchOf, type Example, examplesOf, type Reading } from './examples.ts'

/** What a draft would have done at every place of a trace, had it been asked there. */
export interface ReplayedTrace {
  readonly trace: Trace
  /** First row that has an example: 0, or 1 for prompts of one token. */
  readonly first: number
  /** accepted[row − first]: how many of `depth` draft tokens the target would have taken. */
  readonly accepted: Uint8Array
  /** [rows, depth]: the draft's confidence in each, given those before. */
  readonly confidence: Float32Array
}

/**
 * Replays traces: drafts from every recorded hidden state and compares with what the target committed. As long as a
 * chain agrees with the target it is the chain that teacher forcing gives, so this is exactly how many tokens greedy
 * drafting would have had accepted, without running the target.
 */
export class Replay {
  private constructor(
    private readonly session: InferenceSession,
    private readonly reading: Reading,
  ) {}

  static async open(draft: TrainableDraft, reading: Omit<Reading, 'depth'>, depth: number, threads: number) {
    const session = await InferenceSession.create(serialise(draft.replay(depth)), {
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
    })
    return new Replay(session, { ...reading, depth })
  }

  async run(traces: readonly Trace[], parameters: Parameters, table: TrainableDraft['parameters']) {
    const feeds = Object.fromEntries(
      Object.entries(table).map(([name, { shape }]) => [
        `parameter/${name}`,
        new Tensor('float32', parameters.get(name) ?? new Float32Array(), shape),
      ]),
    )
    const examples = examplesOf(traces)
    const { depth } = this.reading
    const accepted = new Uint8Array(examples.length)
    const confidence = new Float32Array(examples.length * depth)
    for (let from = 0; from < examples.length; from += BATCH) {
      const batch = examples.slice(from, from + BATCH)
      await this.replayBatch(batch, feeds, accepted.subarray(from), confidence.subarray(from * depth))
    }
    return split(traces, examples, accepted, confidence, depth)
  }

  close(): Promise<void> {
    return this.session.release()
  }

  private async replayBatch(
    batch: readonly Example[],
    parameters: Record<string, Tensor>,
    accepted: Uint8Array,
    confidence: Float32Array,
  ): Promise<void> {
    const { depth } = this.reading
    const { hidden, places, labels, weights, target_shares, target_places, ...tokens } = batchOf(batch, this.reading)
    if (!hidden || !places || !labels) return
    const outputs = await this.session.run({ ...parameters, ...tokens, hidden, places, labels })
    const [matches, logits] = [outputs.matches?.data, outputs.confidences?.data]
    if (!(matches instanceof Float32Array) || !(logits instanceof Float32Array)) throw new Error('no replay came back')
    for (let n = 0; n < batch.length; n++) {
      let taken = 0
      while (taken < depth && matches[taken * batch.length + n] === 1) taken++
      accepted[n] = taken
      for (let at = 0; at < depth; at++) {
        confidence[n * depth + at] = 1 / (1 + Math.exp(-(logits[at * batch.length + n] ?? 0)))
      }
    }
  }
}

const BATCH = 256

function split(
  traces: readonly Trace[],
  examples: readonly Example[],
  accepted: Uint8Array,
  confidence: Float32Array,
  depth: number,
): ReplayedTrace[] {
  let at = 0
  return traces.flatMap((trace) => {
    const from = at
    while (examples[at]?.trace === trace) at++
    const first = examples[from]?.trace === trace ? (examples[from]?.row ?? 0) : 0
    const rows = { accepted: accepted.subarray(from, at), confidence: confidence.subarray(from * depth, at * depth) }
    return at > from ? [{ trace, first, ...rows }] : []
  })
}

/**
 * Plays a trace as verification steps of at most `lookahead` draft tokens. Returns steps and committed tokens; the first
 * step of a prompt of one token has nothing to draft from and commits one.
 */
export function played(
  { trace, first, accepted }: ReplayedTrace,
  lookahead: number,
): { steps: number; tokens: number } {
  const total = trace.tokens.length
  let [place, steps] = [first, first]
  while (place < total) {
    const taken = Math.min(accepted[place - first] ?? 0, lookahead)
    place += Math.min(taken + 1, total - place)
    steps++
  }
  return { steps, tokens: total }
}

/** Committed tokens per verification step, over all traces. */
export function acceptanceLength(replayed: readonly ReplayedTrace[], lookahead: number): number {
  const all = replayed.map((each) => played(each, lookahead))
  const total = (field: 'steps' | 'tokens') => all.reduce((sum, each) => sum + each[field], 0)
  return total('tokens') / Math.max(1, total('steps'))
}

/** By position, the share of draft tokens that were accepted where all before them were. */
export function acceptanceByPosition(replayed: readonly ReplayedTrace[], depth: number): number[] {
  const [asked, taken] = [new Array<number>(depth).fill(0), new Array<number>(depth).fill(0)]
  for (const { trace, first, accepted } of replayed) {
    for (const [index, count] of accepted.entries()) {
      const toCome = trace.tokens.length - (index + first)
      for (let at = 0; at < Math.min(depth, toCome) && at <= count; at++) {
        asked[at] = (asked[at] ?? 0) + 1
        if (at < count) taken[at] = (taken[at] ?? 0) + 1
      }
    }
  }
  return asked.map((count, at) => (count === 0 ? 0 : (taken[at] ?? 0) / count))
}
