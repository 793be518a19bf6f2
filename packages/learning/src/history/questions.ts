import { createHash } from 'node:crypto'
import type { LoadedModel } from '@foretoken/model'
import type { PromptLine } from '../asking/prompt-file.ts'
import { encodePrompt, type Question } from '../asking/question.ts'

export interface HistoryQuestions {
  readonly questions: readonly Question[]
  /** Prompts that leave no room for an answer. */
  readonly tooLong: number
}

/**
 * Different prompts, at most so many, in an order that a hash of their text decides: the first of them are a fair sample
 * of the whole history, however it is sorted, and remain so when it grows. The hash is a question's name too, so
 * that an answer is known again whichever file its prompt is in.
 *
 * Answers are greedy: the likeliest text says most about the tenant, and the gate plays it back instead of computing it.
 *
 * @throws PromptError for messages that the target's chat template refuses
 */
export function historyQuestions(
  model: Pick<LoadedModel, 'tokenizer' | 'contextLength'>,
  prompts: readonly PromptLine[],
  most: number,
): HistoryQuestions {
  const byId = new Map(prompts.map((prompt) => [idOf(prompt), prompt]))
  const questions: Question[] = []
  let tooLong = 0
  for (const id of [...byId.keys()].sort()) {
    const asked = byId.get(id)
    if (!asked || questions.length >= most) break
    const prompt = encodePrompt(model, asked)
    const room = model.contextLength - prompt.length
    if (room < 2) tooLong++
    else questions.push({ id, prompt, temperature: 0, seed: 0, tokensMax: Math.min(room, ANSWER_TOKENS_MAX) })
  }
  return { questions, tooLong }
}

/** Many short answers witness more than a few long ones. */
const ANSWER_TOKENS_MAX = 160

function idOf({ messages }: PromptLine): string {
  const text = JSON.stringify(messages.flatMap(({ role, content }) => [role, content]))
  return `custom_${createHash('sha256').update(text).digest('hex').slice(0, 32)}`
}
