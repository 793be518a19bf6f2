import type { Trace } from '@foretoken/engine'
import type { LoadedModel } from '@foretoken/model'
import { SafetensorsError } from '@foretoken/storage'
import { encodePrompt, type Question } from '../asking/question.ts'
import { decodeSegment, SegmentError } from '../trace/index.ts'
import type { DraftPrompt } from './prompts.ts'

export interface QuestionOptions {
  readonly completionTokensMax: number
  /** Share of the requests that are sampled at temperature 1 instead of greedily. */
  readonly sampledShare: number
}

/**
 * @param from place of the first prompt in its domain: places are names and seeds, wherever a segment begins
 * @throws PromptError for messages that the target's chat template refuses
 */
export function questionsOf(
  model: Pick<LoadedModel, 'tokenizer' | 'contextLength'>,
  prompts: readonly DraftPrompt[],
  from: number,
  { completionTokensMax, sampledShare }: QuestionOptions,
): Question[] {
  return prompts.flatMap(({ domain, messages }, at) => {
    const seed = from + at
    const prompt = encodePrompt(model, { messages, where: `number ${seed + 1} of ${domain}` })
    const room = model.contextLength - prompt.length
    if (room < 2) return [] // a prompt that fills the context has no answer to learn from
    const temperature = seed % 100 < sampledShare * 100 ? 1 : 0
    return [{ id: `${domain}-${seed}`, prompt, temperature, seed, tokensMax: Math.min(room, completionTokensMax) }]
  })
}

/** What an answer to such a question was sampled with. */
export function seedOf({ request }: Pick<Trace, 'request'>): number {
  return Number(/\d+$/.exec(request)?.[0] ?? 0)
}

/**
 * The answers that a stored segment has to exactly these questions, in their order. Undefined where it lacks one, is
 * damaged, or was written by another target, from other prompts or with other options: then it is to be written anew.
 */
export function storedAnswers(
  bytes: Uint8Array,
  questions: readonly Question[],
  target: string,
  eosIds: readonly number[],
): Trace[] | undefined {
  const segment = readSegment(bytes)
  if (segment?.target !== target) return undefined
  const byId = new Map(segment.traces.map((trace) => [trace.request, trace]))
  const answers = questions.flatMap((question) => {
    const trace = byId.get(question.id)
    return trace && isAnswer(trace, question, eosIds) ? [trace] : []
  })
  return answers.length === questions.length ? answers : undefined
}

/** An answer ends by itself or at the limit; what ends elsewhere had another limit. */
function isAnswer({ tokens, prompt, temperature }: Trace, question: Question, eosIds: readonly number[]): boolean {
  const ended = tokens.length === question.tokensMax || eosIds.includes(tokens.at(-1) ?? -1)
  return (
    ended &&
    tokens.length <= question.tokensMax &&
    temperature === question.temperature &&
    prompt.length === question.prompt.length &&
    question.prompt.every((token, index) => token === prompt[index])
  )
}

function readSegment(bytes: Uint8Array) {
  try {
    return decodeSegment(bytes)
  } catch (error) {
    if (error instanceof SegmentError || error instanceof SafetensorsError) return undefined
    throw error
  }
}
