import { addSummaries, type DraftVerdict, type Frame, type SpeculationSummary } from '@foretoken/protocol'
import type { UnroutedCall } from '../workers/route.ts'
import type { CallFrame } from '../workers/said.ts'
import { merge } from './merge.ts'

type Text = Extract<Frame, { type: 'text' }>

export interface TokenCounts {
  readonly promptTokens: number
  readonly cachedTokens: number
  readonly completionTokens: number
}

/** What a request's answer consists of, whatever number of calls it takes. `choice` counts over all prompts. */
export type AnswerEvent =
  | { readonly type: 'start' }
  | {
      readonly type: 'text'
      readonly choice: number
      readonly text: string
      readonly completionTokens: number
      readonly logprobs?: Text['logprobs']
    }
  | { readonly type: 'finish'; readonly choice: number; readonly reason: 'stop' | 'length' }
  | {
      readonly type: 'end'
      readonly usage: TokenCounts
      readonly speculation: SpeculationSummary
      readonly drafts: readonly DraftVerdict[]
      /** The tenant's budget was spent before the answer had ended by itself. */
      readonly cutOff?: boolean
    }

/** What became known of a request so far, for its usage if it ends early. */
export interface Progress {
  started(promptTokens: number): void
  /** @param call counts from 0; told again, it replaces what was told before */
  cached(call: number, cachedTokens: number): void
}

/** The frames of all calls as one answer: one `start` at the first, one `end` after the last. */
export async function* answerOf(
  calls: readonly UnroutedCall[],
  run: (call: UnroutedCall) => AsyncGenerator<readonly CallFrame[]>,
  progress: Progress,
): AsyncGenerator<readonly AnswerEvent[]> {
  const answer = new Answer(calls, progress)
  for await (const { source, item: frames } of merge(calls.map(run))) {
    const events = frames.flatMap((frame) => answer.take(source, frame) ?? [])
    if (events.length > 0) yield events
  }
  yield [answer.end()]
}

class Answer {
  private readonly ends: Extract<CallFrame, { type: 'end' }>[] = []
  private started = false

  constructor(
    private readonly calls: readonly UnroutedCall[],
    private readonly progress: Progress,
  ) {}

  /** Null for what tells the client nothing yet. */
  take(source: number, frame: CallFrame): AnswerEvent | null {
    switch (frame.type) {
      case 'start':
        return this.start(frame.promptTokens)
      case 'end':
        this.ends.push(frame)
        return null
      case 'text':
        if (frame.cachedTokens) this.progress.cached(source, frame.cachedTokens)
        return source === 0 ? frame : { ...frame, choice: this.choiceOf(source, frame.choice) }
      case 'finish':
        return source === 0 ? frame : { ...frame, choice: this.choiceOf(source, frame.choice) }
    }
  }

  end(): AnswerEvent {
    return {
      type: 'end',
      usage: addUsage(this.ends),
      speculation: addSummaries(this.ends.map((end) => end.speculation)),
      drafts: this.ends.flatMap((end) => end.drafts),
    }
  }

  private start(promptTokens: number): AnswerEvent | null {
    this.progress.started(promptTokens)
    if (this.started) return null
    this.started = true
    return { type: 'start' }
  }

  private choiceOf(source: number, choice: number): number {
    return source * (this.calls[source]?.choices ?? 1) + choice
  }
}

function addUsage(ends: readonly { readonly usage: TokenCounts }[]): TokenCounts {
  const sum = (pick: (usage: TokenCounts) => number) => ends.reduce((total, { usage }) => total + pick(usage), 0)
  return {
    promptTokens: sum((usage) => usage.promptTokens),
    cachedTokens: sum((usage) => usage.cachedTokens),
    completionTokens: sum((usage) => usage.completionTokens),
  }
}
