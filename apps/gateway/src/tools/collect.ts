import { ApiError } from '@foretoken/protocol'
import type { AnswerEvent } from '../generation/answer.ts'
import type { AnswerReader, ChatEvent } from './read-answer.ts'

type Text = Extract<ChatEvent, { type: 'text' }>
type Finish = Extract<ChatEvent, { type: 'finish' }>
type End = Extract<ChatEvent, { type: 'end' }>

export interface CollectedCall {
  readonly id: string
  readonly name: string
  arguments: string
}

export interface CollectedChat {
  text: string
  readonly calls: CollectedCall[]
  readonly logprobs: NonNullable<Text['logprobs']>
  finishReason: Finish['reason']
}

/** A whole answer in one piece, its choices in order, with the calls that were read out of it. */
export async function collectChat(
  batches: AsyncIterable<readonly AnswerEvent[]>,
  reader: AnswerReader,
): Promise<{ choices: CollectedChat[]; end: End }> {
  const choices: CollectedChat[] = []
  let end: End | null = null
  for await (const events of batches) {
    for (const event of events.flatMap((each) => reader.read(each))) {
      if (event.type === 'end') end = event
      else if (event.type !== 'start') take(choices, event)
    }
  }
  if (!end) throw new ApiError('internal_error', { values: {}, internal: 'an answer without an end' })
  return { choices, end }
}

function take(choices: CollectedChat[], event: Exclude<ChatEvent, { type: 'start' | 'end' }>): void {
  const choice = choices[event.choice] ?? { text: '', calls: [], logprobs: [], finishReason: 'stop' }
  choices[event.choice] = choice
  switch (event.type) {
    case 'text':
      choice.text += event.text
      choice.logprobs.push(...(event.logprobs ?? []))
      return
    case 'call':
      choice.calls[event.index] = { id: event.id, name: event.name, arguments: '' }
      return
    case 'arguments': {
      const call = choice.calls[event.index]
      if (call) call.arguments += event.text
      return
    }
    case 'finish':
      choice.finishReason = event.reason
  }
}
