import { type ToolCallDelta, ToolCallReader } from '@foretoken/tool-calls'
import type { AnswerEvent } from '../generation/answer.ts'
import type { ToolUse } from './use.ts'

type Text = Extract<AnswerEvent, { type: 'text' }>
type Finish = Extract<AnswerEvent, { type: 'finish' }>

/** An answer in which the model's calls are told apart from what it says. */
export type ChatEvent =
  | Exclude<AnswerEvent, Finish>
  | {
      readonly type: 'call'
      readonly choice: number
      readonly index: number
      readonly id: string
      readonly name: string
    }
  | { readonly type: 'arguments'; readonly choice: number; readonly index: number; readonly text: string }
  | (Omit<Finish, 'reason'> & { readonly reason: Finish['reason'] | 'tool_calls' })

/**
 * Reads calls out of an answer as it comes. Calls are named after the request, the choice and their place in it, so an
 * answer that goes on at another worker goes on with the same ids. Scores of tokens stay with the text they came with,
 * those of calls too.
 */
export class AnswerReader {
  private readonly readers = new Map<number, ToolCallReader>()
  private readonly called = new Set<number>()

  constructor(
    private readonly use: ToolUse | null,
    private readonly requestId: string,
  ) {}

  read(event: AnswerEvent): ChatEvent[] {
    if (!this.use || event.type === 'start' || event.type === 'end') return [event]
    const reader = this.readerOf(event.choice, this.use)
    if (event.type === 'text') return this.toEvents(event, reader.take(event.text))
    const rest = this.toEvents({ ...event, type: 'text', text: '', completionTokens: 0 }, reader.end())
    const stopped = event.reason === 'stop' && this.called.has(event.choice)
    return [...rest, stopped ? { ...event, reason: 'tool_calls' } : event]
  }

  private readerOf(choice: number, { form, tools }: ToolUse): ToolCallReader {
    const known = this.readers.get(choice)
    if (known) return known
    const names = new Set(tools.functions.map(({ name }) => name))
    const reader = new ToolCallReader({ form, names, callsMax: tools.parallel ? Number.POSITIVE_INFINITY : 1 })
    this.readers.set(choice, reader)
    return reader
  }

  private toEvents({ logprobs, ...event }: Text, deltas: readonly ToolCallDelta[]): ChatEvent[] {
    const { choice } = event
    const events = deltas.map((delta): ChatEvent => {
      if (delta.type === 'content') return { ...event, text: delta.text }
      if (delta.type === 'arguments') return { ...delta, choice }
      this.called.add(choice)
      return { ...delta, choice, id: this.idOf(choice, delta.index) }
    })
    return logprobs ? [{ ...event, text: '', logprobs }, ...events] : events
  }

  private idOf(choice: number, index: number): string {
    return `call_${this.requestId.replace(/^req_/, '')}_${choice}_${index}`
  }
}
