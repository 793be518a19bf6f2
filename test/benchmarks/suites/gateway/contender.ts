import type { Target } from './load.ts'
import { MODEL, PROMPT } from './processes/answers.ts'
import type { Measured } from './processes/child.ts'

/** What is asked: a gateway, or what stands behind it, which is what its latency is compared with. */
export interface Contender {
  readonly name: string
  /** Name of the contender without a gateway; null for that one itself. */
  readonly baseline: string | null
  readonly process: Measured
  target(stream: boolean): Target
}

/** Asked as every OpenAI client does. */
export function openAiTarget(url: string, stream: boolean, headers: Target['headers']): Target {
  const messages = [{ role: 'user', content: PROMPT }]
  return {
    url,
    path: '/v1/chat/completions',
    headers,
    body: JSON.stringify({ model: MODEL, messages, max_tokens: 64, stream }),
    ending: stream ? '[DONE]' : '"total_tokens"',
  }
}
