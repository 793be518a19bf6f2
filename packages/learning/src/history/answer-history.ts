import type { LoadedModel } from '@foretoken/model'
import type { PromptLine } from '../asking/prompt-file.ts'
import { archivedRequests } from '../trace/index.ts'
import { HistoryAnswering } from './answering.ts'
import { historyQuestions } from './questions.ts'
import type { HistoryOptions, HistoryProgress } from './types.ts'

export interface HistoryAnswers extends HistoryProgress {
  /** Answers that were there already. */
  readonly earlier: number
  /** Different prompts that could be asked; never more than tokens are wanted. */
  readonly prompts: number
  /** Prompts that fill the target's context. */
  readonly tooLong: number
}

/**
 * Lets the target answer a tenant's history until there are enough tokens, and keeps what verification saw as its worker
 * would have, had these been requests.
 *
 * The store says what is answered already, by the questions' names, and nothing else does: a call that was killed is
 * gone on with anywhere, a file that grew costs what is new, and answers that were deleted since are given again. No
 * more is lost than what the recorder held. Two calls at once would answer the same prompts: the caller sees to that.
 *
 * Rejects with the signal's reason once it is aborted, with LearningEnded, or with what the store or the engine failed
 * with; answers that were finished by then are stored if they can be. Throws PromptError before the first answer.
 */
export async function answerHistory(
  model: LoadedModel,
  prompts: readonly PromptLine[],
  options: HistoryOptions,
): Promise<HistoryAnswers> {
  const { tokensMax, onProgress } = options
  const { questions, tooLong } = historyQuestions(model, prompts, tokensMax)
  const stored = await archivedRequests(options.store, options)
  const left = questions.filter(({ id }) => !stored.has(id))
  const earlier = questions.length - left.length
  let [answers, tokens] = [earlier, questions.reduce((sum, { id }) => sum + (stored.get(id) ?? 0), 0)]
  onProgress({ answers, tokens })
  if (tokens < tokensMax && left.length > 0) {
    const answering = await HistoryAnswering.start(model, options, (trace) => {
      answers++
      tokens += trace.tokens.length
      onProgress({ answers, tokens })
    })
    await answering.answer(left, tokensMax - tokens)
  }
  return { answers, tokens, earlier, prompts: questions.length, tooLong }
}
