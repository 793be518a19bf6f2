import { encodeFrame, type Frame } from '@foretoken/protocol'
import { endFrame, exampleCall } from '@foretoken/protocol/testing'
import { TEXTS, TOKENS_OF_TEXT } from '../settings.ts'

export const MODEL = 'scripted'
export const PROMPT = 'List the names of all customers of the shop that ordered more than twice this year.'

/** What a worker sends to a gateway, piece by piece. */
export function workerPieces(): Buffer[] {
  const frames: Frame[] = [{ type: 'start', worker: 'wrk_bench', promptTokens: 17 }]
  for (let at = 0; at < TEXTS; at++) {
    frames.push({
      type: 'text',
      choice: 0,
      text: TEXT,
      tokens: Array.from({ length: TOKENS_OF_TEXT }, (_, token) => 1_000 + token),
      completionTokens: (at + 1) * TOKENS_OF_TEXT,
      cachedTokens: 8,
    })
  }
  const end = encodeFrame(endFrame(exampleCall(MODEL), TEXTS * TOKENS_OF_TEXT))
  const last = encodeFrame({ type: 'finish', choice: 0, reason: 'length' }) + end
  return [...frames.map(encodeFrame), last].map((piece) => Buffer.from(piece))
}

/** The same answer as OpenAI streams it. */
export function openAiPieces(): Buffer[] {
  const chunk = (delta: object, reason: string | null) => {
    const choices = [{ index: 0, delta, logprobs: null, finish_reason: reason }]
    return `data: ${JSON.stringify({ id: ID, created: CREATED, model: MODEL, object: 'chat.completion.chunk', choices })}\n\n`
  }
  const texts = Array.from({ length: TEXTS }, () => chunk({ content: TEXT }, null))
  const first = chunk({ role: 'assistant', content: '' }, null)
  return [first, ...texts, `${chunk({}, 'length')}data: [DONE]\n\n`].map((piece) => Buffer.from(piece))
}

/** The same answer as OpenAI gives it in one piece. */
export function openAiBody(): Buffer {
  const message = { role: 'assistant', content: TEXT.repeat(TEXTS), refusal: null }
  const completionTokens = TEXTS * TOKENS_OF_TEXT
  const usage = { prompt_tokens: 17, completion_tokens: completionTokens, total_tokens: 17 + completionTokens }
  const choices = [{ index: 0, message, logprobs: null, finish_reason: 'length' }]
  const body = { id: ID, object: 'chat.completion', created: CREATED, model: MODEL, choices, usage }
  return Buffer.from(JSON.stringify(body))
}

const TEXT = ' select name from'
const ID = 'chatcmpl-bench'
const CREATED = 1_700_000_000
