import type { OutputItem, ResponseEvent, ResponseLogprob } from '@foretoken/protocol'
import type { ChatEvent } from '../../tools/read-answer.ts'

/** An event without its number. */
export type OutputEvent = ResponseEvent extends infer Each
  ? Each extends { sequence_number: number }
    ? Omit<Each, 'sequence_number' | 'obfuscation'>
    : never
  : never

type Message = Extract<OutputItem, { type: 'message' }>
type FunctionCall = Extract<OutputItem, { type: 'function_call' }>
type Score = NonNullable<Extract<ChatEvent, { type: 'text' }>['logprobs']>[number]

interface OutputOptions {
  /** Items are named after the response, by their place in it. */
  readonly responseId: string
  readonly logprobs: boolean
}

/**
 * The output of a response while it grows: one item at a time is open, a message or a call. What `take` returns is what a
 * stream tells; `items` is the whole, told or not.
 */
export class Output {
  readonly items: OutputItem[] = []
  /** Of tokens whose text has not come yet. Those of calls have no place in a response. */
  private scores: ResponseLogprob[] = []

  constructor(private readonly options: OutputOptions) {}

  take(event: Exclude<ChatEvent, { type: 'start' | 'end' }>): OutputEvent[] {
    switch (event.type) {
      case 'text':
        return this.addText(event.text, event.logprobs ?? [])
      case 'call':
        return [...this.close('completed'), ...this.openCall(event.id, event.name)]
      case 'arguments':
        return this.addArguments(event.text)
      case 'finish': {
        const opened = this.items.length === 0 ? this.openMessage() : []
        return [...opened, ...this.close(event.reason === 'length' ? 'incomplete' : 'completed')]
      }
    }
  }

  private get open(): OutputItem | null {
    const last = this.items.at(-1)
    return last?.status === 'in_progress' ? last : null
  }

  private get place() {
    return { output_index: this.items.length - 1 }
  }

  private addText(text: string, scores: readonly Score[]): OutputEvent[] {
    if (this.options.logprobs) this.scores.push(...scores.map(toLogprob))
    if (text === '') return []
    const events = this.open?.type === 'message' ? [] : [...this.close('completed'), ...this.openMessage()]
    const { open } = this
    if (open?.type !== 'message') return events
    const [part] = open.content
    if (!part) return events
    const logprobs = this.scores
    this.scores = []
    part.text += text
    part.logprobs.push(...logprobs)
    const where = { item_id: open.id, ...this.place, content_index: 0 }
    return [...events, { type: 'response.output_text.delta', ...where, delta: text, logprobs }]
  }

  private addArguments(text: string): OutputEvent[] {
    const { open } = this
    if (open?.type !== 'function_call') return []
    open.arguments += text
    return [{ type: 'response.function_call_arguments.delta', item_id: open.id, ...this.place, delta: text }]
  }

  private openMessage(): OutputEvent[] {
    const item: Message = {
      id: this.idOf('msg'),
      type: 'message',
      status: 'in_progress',
      role: 'assistant',
      content: [],
    }
    this.items.push(item)
    const part = { type: 'output_text' as const, text: '', annotations: [], logprobs: [] }
    const events: OutputEvent[] = [
      { type: 'response.output_item.added', ...this.place, item: structuredClone(item) },
      { type: 'response.content_part.added', item_id: item.id, ...this.place, content_index: 0, part: { ...part } },
    ]
    item.content.push({ ...part, logprobs: [] })
    return events
  }

  private openCall(call_id: string, name: string): OutputEvent[] {
    this.scores = []
    const id = this.idOf('fc')
    const item: FunctionCall = { id, type: 'function_call', status: 'in_progress', call_id, name, arguments: '' }
    this.items.push(item)
    return [{ type: 'response.output_item.added', ...this.place, item: { ...item } }]
  }

  private close(status: 'completed' | 'incomplete'): OutputEvent[] {
    const item = this.open
    if (!item) return []
    item.status = status
    const { place } = this
    const done: OutputEvent = { type: 'response.output_item.done', ...place, item: structuredClone(item) }
    if (item.type === 'function_call') {
      const { id: item_id, name, arguments: text } = item
      return [{ type: 'response.function_call_arguments.done', item_id, ...place, name, arguments: text }, done]
    }
    const [part] = item.content
    if (!part) return [done]
    const where = { item_id: item.id, ...place, content_index: 0 }
    const { text, logprobs } = part
    return [
      { type: 'response.output_text.done', ...where, text, logprobs },
      { type: 'response.content_part.done', ...where, part },
      done,
    ]
  }

  private idOf(prefix: 'msg' | 'fc'): string {
    return `${prefix}_${this.options.responseId.replace(/^resp_/, '')}_${this.items.length}`
  }
}

/** The response that an item is of, by the item's id; null where it is no such id. */
export function responseOfItem(itemId: string): string | null {
  const [, name] = /^(?:msg|fc)_([0-9a-z]{26})_\d{1,6}$/.exec(itemId) ?? []
  return name === undefined ? null : `resp_${name}`
}

function toLogprob({ text, logprob, bytes, top }: Score): ResponseLogprob {
  return {
    ...{ token: text, logprob, bytes },
    top_logprobs: top.map((each) => ({ token: each.text, logprob: each.logprob, bytes: each.bytes })),
  }
}
