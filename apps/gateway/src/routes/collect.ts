import { ApiError } from '@foretoken/protocol'
import type { AnswerEvent } from '../generation/answer.ts'

type Text = Extract<AnswerEvent, { type: 'text' }>
type Finish = Extract<AnswerEvent, { type: 'finish' }>
type End = Extract<AnswerEvent, { type: 'end' }>

export interface CollectedChoice {
  text: string
  logprobs: NonNullable<Text['logprobs']>
  finishReason: 'stop' | 'length'
}

/** A whole answer in one piece, its choices in order. */
export async function collect(
  batches: AsyncIterable<readonly AnswerEvent[]>,
): Promise<{ choices: CollectedChoice[]; end: End }> {
  const choices: CollectedChoice[] = []
  let end: End | null = null
  for await (const events of batches) {
    for (const event of events) {
      if (event.type === 'end') end = event
      if (event.type === 'text' || event.type === 'finish') take(choices, event)
    }
  }
  if (!end) throw new ApiError('internal_error', { values: {}, internal: 'an answer without an end' })
  return { choices, end }
}

function take(choices: CollectedChoice[], event: Text | Finish): void {
  const choice = choices[event.choice] ?? { text: '', logprobs: [], finishReason: 'stop' }
  choices[event.choice] = choice
  if (event.type === 'finish') choice.finishReason = event.reason
  else {
    choice.text += event.text
    if (event.logprobs) choice.logprobs.push(...event.logprobs)
  }
}
