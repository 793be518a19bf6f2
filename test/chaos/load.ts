import { setTimeout as sleep } from 'node:timers/promises'
import { Agent, request } from 'undici'

/** What one request came to. */
export interface Outcome {
  /** Ours, from the answer's header; null where there was no answer. */
  readonly requestId: string | null
  /**
   * `whole`: all bytes, the same as undisturbed; `changed`: an answer to its end that differs; `broken`: the
   * connection, or the stream, ended early; `failed`: an error event in a stream, or a status that says so; `refused`:
   * 503 before anything, so ask again.
   */
  readonly kind: 'whole' | 'changed' | 'broken' | 'failed' | 'refused'
  readonly gateway: string
  readonly startedMs: number
  readonly endedMs: number
  /** As the answer's usage has it, or as far as it came. */
  readonly completionTokens: number
  readonly detail: string
}

export interface Question {
  readonly name: string
  readonly body: Readonly<Record<string, unknown>>
}

export interface Target {
  readonly urls: readonly string[]
  readonly apiKey: string
}

/** Nothing is repeated, and no connection is shared with a request of before: what breaks is this one's. */
const agent = new Agent({ pipelining: 0, keepAliveTimeout: 1, headersTimeout: 120_000, bodyTimeout: 120_000 })

/** An answer, but for the parts that name this one request or tell how it was drafted. */
export interface Answer {
  readonly text: string
  readonly completionTokens: number
}

/** Asks each question once, of a platform that nothing happens to. */
export async function undisturbed(target: Target, questions: readonly Question[]): Promise<Map<string, Answer>> {
  const answers = new Map<string, Answer>()
  const [url = ''] = target.urls
  const unasked = [...questions]
  const one = async () => {
    for (let question = unasked.pop(); question; question = unasked.pop()) {
      const { outcome, answer } = await ask(target, url, question, null)
      if (!answer) throw new Error(`${question.name} could not be answered: ${outcome.detail}`)
      answers.set(question.name, answer)
    }
  }
  await Promise.all([one(), one(), one(), one()])
  return answers
}

/** Clients that ask one question after the other, of whichever gateway, until they are told to stop. */
export class Load {
  readonly outcomes: Outcome[] = []
  private readonly stopping = new AbortController()
  private readonly clients: Promise<void>[]

  constructor(
    private readonly target: Target,
    private readonly questions: readonly Question[],
    private readonly answers: ReadonlyMap<string, Answer>,
    clients: number,
    private readonly random: () => number,
  ) {
    this.clients = Array.from({ length: clients }, () => this.client())
  }

  async stop(): Promise<readonly Outcome[]> {
    this.stopping.abort()
    await Promise.all(this.clients)
    return this.outcomes
  }

  private async client(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      const question = pick(this.questions, this.random)
      const url = pick(this.target.urls, this.random)
      const { outcome } = await ask(this.target, url, question, this.answers.get(question.name) ?? null)
      this.outcomes.push(outcome)
      if (outcome.kind !== 'whole') await sleep(500)
    }
  }
}

function pick<T>(items: readonly T[], random: () => number): T {
  const item = items[Math.floor(random() * items.length)]
  if (item === undefined) throw new Error('nothing to pick from')
  return item
}

async function ask(
  { apiKey }: Target,
  url: string,
  { body }: Question,
  expected: Answer | null,
): Promise<{ outcome: Outcome; answer: Answer | null }> {
  const startedMs = performance.now()
  let requestId: string | null = null
  let text = ''
  const end = (kind: Outcome['kind'], detail: string, completionTokens: number) => ({
    ...{ requestId, kind, detail, completionTokens },
    ...{ gateway: url, startedMs, endedMs: performance.now() },
  })
  try {
    const answer = await request(`${url}/v1/chat/completions`, {
      method: 'POST',
      dispatcher: agent,
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    const header = answer.headers['x-foretoken-request-id']
    requestId = typeof header === 'string' ? header : null
    for await (const chunk of answer.body.setEncoding('utf8')) text += chunk
    const refused = answer.statusCode === 503 ? 'refused' : 'failed'
    if (answer.statusCode !== 200) return { outcome: end(refused, text, 0), answer: null }
  } catch (error) {
    return { outcome: end('broken', `${error}`, tokensOf(text)), answer: null }
  }
  const tokens = tokensOf(text)
  if (body.stream && !text.includes('data: [DONE]')) {
    return { outcome: end(text.includes('"error"') ? 'failed' : 'broken', text.slice(-300), tokens), answer: null }
  }
  const answer = { text: withoutNames(text), completionTokens: tokens }
  const same = expected === null || (expected.text === answer.text && expected.completionTokens === tokens)
  return { outcome: end(same ? 'whole' : 'changed', same ? '' : answer.text, tokens), answer }
}

/** As the usage says; where it is missing there was no end. */
function tokensOf(text: string): number {
  return Number(/"completion_tokens":(\d+)/.exec(text)?.[1] ?? 0)
}

/**
 * The texts, scores and reasons of each choice, however they were cut into chunks: a step commits several tokens, so
 * where a chunk ends is a matter of time.
 */
function withoutNames(text: string): string {
  if (!text.startsWith('data:') && !text.startsWith(':')) {
    const { choices } = JSON.parse(text)
    return JSON.stringify(choices)
  }
  const said = new Map<number, { text: string; scored: unknown[]; reason: string | null }>()
  for (const line of text.split('\n\n')) {
    if (!line.startsWith('data: {')) continue
    for (const { index, delta, logprobs, finish_reason: reason } of JSON.parse(line.slice(6)).choices ?? []) {
      const choice = said.get(index) ?? { text: '', scored: [], reason: null }
      choice.text += delta?.content ?? ''
      choice.scored.push(...(logprobs?.content ?? []).map(({ token }: { token: string }) => token))
      choice.reason ??= reason
      said.set(index, choice)
    }
  }
  return JSON.stringify([...said].sort(([a], [b]) => a - b))
}
