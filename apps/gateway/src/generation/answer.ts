import {
  addSummaries,
  type DraftVerdict,
  type Frame,
  type GenerateCall,
  type SpeculationSummary,
} from '@foretoken/protocol'
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
    }

/** What became known of a request so far, for its usage if it ends early. */
export interface Progress {
  started(promptTokens: number): void
  /** @param call counts from 0; told again, it replaces what was told before */
  cached(call: number, cachedTokens: number): void
}

/** The frames of all calls as one answer: one `start` at the first, one `end` after the last. */
export async function* answerOf(
  calls: readonly GenerateCall[],
  run: (call: GenerateCall) => AsyncGenerator<CallFrame>,
  progress: Progress,
): AsyncGenerator<AnswerEvent> {
  const ends: Extract<CallFrame, { type: 'end' }>[] = []
  let started = false
  for await (const { source, item: frame } of merge(calls.map(run))) {
    const choiceOf = (choice: number) => source * (calls[source]?.choices ?? 1) + choice
    if (frame.type === 'start') {
      progress.started(frame.promptTokens)
      if (!started) yield { type: 'start' }
      started = true
    } else if (frame.type === 'end') ends.push(frame)
    else {
      if (frame.type === 'text' && frame.cachedTokens) progress.cached(source, frame.cachedTokens)
      yield { ...frame, choice: choiceOf(frame.choice) }
    }
  }
  yield {
    type: 'end',
    usage: addUsage(ends),
    speculation: addSummaries(ends.map((end) => end.speculation)),
    drafts: ends.flatMap((end) => end.drafts),
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
