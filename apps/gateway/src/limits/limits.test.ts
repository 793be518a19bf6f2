import type { Act, Script } from '@foretoken/protocol/testing'
import { endFrame } from '@foretoken/protocol/testing'
import OpenAI from 'openai'
import { afterEach, describe, expect, it } from 'vitest'
import { chat, PATH } from '../routes/chat-completions/example.ts'
import { ask, PATH as RESPONSES } from '../routes/responses/example.ts'
import { expectError } from '../testing/errors.ts'
import { eventually, Harness, KEY, TENANT } from '../testing/harness.ts'

let gateway: Harness
afterEach(() => gateway.close())

async function start(limits: Parameters<Harness['memory']['books']['setLimits']>[1], script?: Script) {
  gateway = await Harness.start({ ...(script && { workers: [{ script }] }) })
  const { dayNanoMax, monthNanoMax } = limits
  gateway.memory.keys.set(KEY, { ...TENANT, bounds: (dayNanoMax ?? monthNanoMax) ? 'spend' : 'rates' })
  gateway.memory.books.setLimits(TENANT.tenantId, limits, new Date())
}
const account = () => gateway.memory.books.accounts.get(TENANT.tenantId)

/** One token a frame, as many as are asked for, without a cached one. */
const tokens: Script = async function* (call): AsyncGenerator<Act> {
  yield { type: 'start', worker: 'wrk_a', promptTokens: 10 }
  const count = call.completionTokensMax ?? 5
  for (let at = 1; at <= count; at++) {
    for (let choice = 0; choice < call.choices; choice++) {
      yield { type: 'text', choice, text: ` ${at}`, tokens: [at], completionTokens: at }
    }
  }
  for (let choice = 0; choice < call.choices; choice++) yield { type: 'finish', choice, reason: 'stop' }
  yield {
    ...endFrame(call, count * call.choices),
    usage: { promptTokens: 10, cachedTokens: 0, completionTokens: count * call.choices },
  }
}

describe('limits', () => {
  it('cost who has none nothing, and tell nothing', async () => {
    gateway = await Harness.start()
    const answer = await gateway.post(PATH, chat)
    expect([...answer.headers.keys()].filter((name) => name.startsWith('x-ratelimit'))).toEqual([])
    expect(gateway.memory.books.reservations.size).toBe(0)
  })

  it("are told in OpenAI's headers, on every answer", async () => {
    await start({ requestsPerMinute: 2, tokensPerMinute: 6_000 })
    const first = await gateway.post(PATH, chat)
    expect(Object.fromEntries([...first.headers].filter(([name]) => name.startsWith('x-ratelimit')))).toEqual({
      'x-ratelimit-limit-requests': '2',
      'x-ratelimit-remaining-requests': '1',
      'x-ratelimit-reset-requests': '30s',
      'x-ratelimit-limit-tokens': '6000',
      'x-ratelimit-remaining-tokens': expect.stringMatching(/^59\d\d$/),
      'x-ratelimit-reset-tokens': expect.stringMatching(/^\d+ms$/),
    })
    const streamed = await gateway.post(PATH, { ...chat, stream: true })
    expect(streamed.headers.get('x-ratelimit-remaining-requests')).toBe('0')
    await streamed.text()
    const third = await gateway.post(PATH, chat)
    expect(Number(third.headers.get('retry-after'))).toBeGreaterThan(20)
    expect(Number(third.headers.get('retry-after-ms'))).toBeLessThanOrEqual(30_000)
    expect(third.headers.get('x-ratelimit-remaining-requests')).toBe('0')
    const error = await expectError(third, 429, 'rate_limit_exceeded')
    expect(error.type).toBe('requests')
    expect(gateway.usage).toHaveLength(2)
  })

  it('of tokens count what was really used', async () => {
    await start({ tokensPerMinute: 1_000 }, tokens)
    await gateway.post(PATH, { ...chat, max_tokens: 995 })
    await eventually(() => expect(gateway.memory.books.reservations.size).toBe(0))
    const error = await expectError(await gateway.post(PATH, chat), 429, 'rate_limit_exceeded')
    expect(error.type).toBe('tokens')
  })

  it('that are far away are asked for while a worker begins, and the answer waits for them', async () => {
    await start({ requestsPerMinute: 100, dayNanoMax: 10n ** 9n }, tokens)
    await gateway.post(PATH, chat)
    let decide = () => {}
    const decided = new Promise<void>((resolve) => {
      decide = resolve
    })
    const { memory } = gateway
    const admit = memory.admit.bind(memory)
    memory.admit = async (request, leaseMs) => {
      await decided
      return admit(request, leaseMs)
    }
    const waiting = gateway.post(PATH, { ...chat, stream: true })
    let answered = false
    void waiting.then(() => {
      answered = true
    })
    await eventually(() => expect(gateway.worker.calls).toHaveLength(2))
    expect(answered).toBe(false)
    memory.books.setLimits(TENANT.tenantId, { dayNanoMax: 0n }, new Date())
    decide()
    await expectError(await waiting, 429, 'insufficient_quota')
    await eventually(() => expect(gateway.worker.running).toBe(0))
    expect(gateway.usage).toHaveLength(1)
    await expectError(await gateway.post(PATH, chat), 429, 'insufficient_quota')
    expect(gateway.worker.calls).toHaveLength(2)
  })

  it('of streams end with them', async () => {
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    await start({ streamsMax: 1 }, async function* (call, signal) {
      yield* tokens(call, signal)
      await held
    })
    const stream = await gateway.post(PATH, { ...chat, stream: true })
    await expectError(await gateway.post(PATH, chat), 429, 'rate_limit_exceeded')
    release()
    await stream.text()
    await eventually(() => expect(account()?.streams).toBe(0))
    expect((await gateway.post(PATH, chat)).status).toBe(200)
  })
})

describe('a budget', () => {
  it('that is spent is told before anything is served, and no client tries again', async () => {
    await start({ dayNanoMax: 0n }, tokens)
    const answer = await gateway.post(PATH, { ...chat, stream: true })
    expect(answer.headers.get('x-should-retry')).toBe('false')
    const error = await expectError(answer, 429, 'insufficient_quota')
    expect(error.type).toBe('insufficient_quota')
    const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: KEY, maxRetries: 3 })
    await expect(client.chat.completions.create(chat)).rejects.toMatchObject({ code: 'insufficient_quota' })
    expect(gateway.worker.calls).toHaveLength(0)
  })

  it.each([false, true])(
    'that ends in the middle ends the answer whole, to the last unit (stream: %s)',
    async (stream) => {
      await start({ monthNanoMax: 10n + 10n * 700n + 5n }, tokens)
      const request = { ...chat, n: 1, max_tokens: 1_000 }
      if (stream) {
        const texts: string[] = []
        let finish: string | null = null
        const usage = { include_usage: true }
        for await (const chunk of await gateway
          .client()
          .chat.completions.create({ ...request, stream, stream_options: usage })) {
          texts.push(chunk.choices[0]?.delta.content ?? '')
          finish = chunk.choices[0]?.finish_reason ?? finish
          if (chunk.usage) expect(chunk.usage.completion_tokens).toBe(700)
        }
        expect({ finish, end: texts.join('').slice(-4) }).toEqual({ finish: 'length', end: ' 700' })
      } else {
        const { choices, usage } = await gateway.client().chat.completions.create(request)
        expect(choices[0]).toMatchObject({
          finish_reason: 'length',
          message: { content: expect.stringMatching(/ 700$/) },
        })
        expect(usage).toMatchObject({ completion_tokens: 700, prompt_tokens: 10 })
      }
      await eventually(() => expect(account()).toMatchObject({ monthSpentNano: 7_010n, reservedNano: 0n }))
      expect(gateway.usage).toMatchObject([{ status: 'completed', errorCode: 'insufficient_quota' }])
      await eventually(() => expect(gateway.worker.running).toBe(0))
    },
  )

  it.each([false, true])('that ends in the middle leaves a response incomplete (stream: %s)', async (stream) => {
    await start({ monthNanoMax: 10n + 10n * 700n + 5n, requestsPerMinute: 60 }, tokens)
    const request = { ...ask, max_output_tokens: 1_000 }
    const answer = await gateway.post(RESPONSES, { ...request, stream })
    expect(answer.headers.get('x-ratelimit-limit-requests')).toBe('60')
    const body = await answer.text()
    expect(body).toMatch(/"status":"incomplete".*"reason":"max_output_tokens".*"output_tokens":700/s)
    await eventually(() => expect(account()).toMatchObject({ monthSpentNano: 7_010n, reservedNano: 0n }))
    expect(gateway.usage).toMatchObject([{ endpoint: 'responses', errorCode: 'insufficient_quota' }])
    await expectError(await gateway.post(RESPONSES, { ...request, stream }), 429, 'insufficient_quota')
  })

  it('with nothing for a prompt that is longer than it seemed fails before a byte, and bills nothing', async () => {
    await start({ dayNanoMax: 25n }, async function* (call, signal) {
      for await (const act of tokens(call, signal)) yield act.type === 'start' ? { ...act, promptTokens: 100 } : act
    })
    await expectError(await gateway.post(PATH, { ...chat, stream: true }), 429, 'insufficient_quota')
    await eventually(() => expect(account()).toMatchObject({ daySpentNano: 0n, reservedNano: 0n, streams: 0 }))
  })

  it('is never exceeded by 200 streams at once, and is used up', async () => {
    const budget = 200_000n
    await start({ dayNanoMax: budget }, tokens)
    const answers = await Promise.all(
      Array.from({ length: 200 }, () => gateway.post(PATH, { ...chat, stream: true, max_tokens: 300 })),
    )
    const bodies = await Promise.all(answers.map((answer) => answer.text()))
    expect(bodies.filter((body) => body.includes('"length"')).length).toBeGreaterThan(0)
    await eventually(() => expect(account()?.streams).toBe(0))
    expect(account()?.daySpentNano).toBeLessThanOrEqual(budget)
    expect(account()?.daySpentNano).toBeGreaterThan(budget - 3_000n)
  })

  it('that nobody can look up lets nothing begin, while mere rates let pass', async () => {
    await start({ dayNanoMax: 10n ** 9n }, tokens)
    await gateway.post(PATH, chat)
    gateway.memory.outage = new Error('down')
    await expectError(await gateway.post(PATH, chat), 503, 'budget_unavailable')
    gateway.memory.outage = null
    await gateway.close()
    await start({ requestsPerMinute: 1 }, tokens)
    await gateway.post(PATH, chat)
    gateway.memory.outage = new Error('down')
    expect((await gateway.post(PATH, chat)).status).toBe(200)
    gateway.memory.outage = null
  })
})
