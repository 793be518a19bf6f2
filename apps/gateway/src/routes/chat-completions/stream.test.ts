import { setTimeout as sleep } from 'node:timers/promises'
import { type Script, wordsScript } from '@foretoken/protocol/testing'
import OpenAI from 'openai'
import { afterEach, describe, expect, it } from 'vitest'
import { expectError } from '../../testing/errors.ts'
import { eventually, Harness } from '../../testing/harness.ts'
import { chat, PATH } from './example.ts'

let gateway: Harness
afterEach(() => gateway.close())

const endless: Script = async function* (call, signal) {
  yield* wordsScript({ ...call, completionTokensMax: 100_000 }, signal, 2)
}

/** Sends a start and, unless the tenant has it, one text, then does what the test says. */
const interrupted = (after: Script): Script =>
  async function* (call, signal) {
    yield { type: 'start', worker: 'wrk_a', promptTokens: 7 }
    if (!call.resumed)
      yield { type: 'text', choice: 0, text: 'select', tokens: [1, 2, 3], completionTokens: 3, cachedTokens: 2 }
    yield* after(call, signal)
  }

const crash: Script = async function* () {
  yield { type: 'crash' }
}

const inStream = { ...chat, stream: true as const }

describe('a client that leaves', () => {
  it('cancels the worker at once and is billed once, for what had come', async () => {
    gateway = await Harness.start({ workers: [{ script: endless }] })
    const stream = await gateway.client().chat.completions.create(inStream)
    let texts = 0
    for await (const chunk of stream) {
      if (chunk.choices[0]?.delta.content) texts++
      if (texts === 5) stream.controller.abort()
    }
    await eventually(() => expect(gateway.worker).toMatchObject({ running: 0, cancelled: 1 }), 1_000)
    await eventually(() => expect(gateway.usage).toHaveLength(1))
    const [usage] = gateway.usage
    expect(usage).toMatchObject({ status: 'cancelled', errorCode: null, stream: true, tenantId: 'ten_test' })
    expect(usage?.completionTokens).toBeGreaterThanOrEqual(5)
    expect(gateway.services.inFlight.size).toBe(0)
  })

  it('cancels the worker also while it waits for a plain answer', async () => {
    gateway = await Harness.start({ workers: [{ script: endless }] })
    const abort = new AbortController()
    const answer = gateway.post(PATH, chat, { signal: abort.signal })
    await eventually(() => expect(gateway.worker.running).toBe(1))
    abort.abort()
    await expect(answer).rejects.toThrow()
    await eventually(() => expect(gateway.worker).toMatchObject({ running: 0, cancelled: 1 }), 1_000)
    await eventually(() => expect(gateway.usage).toMatchObject([{ status: 'cancelled', stream: false }]))
    expect(gateway.logs).not.toContain('request failed')
  })

  it('cancels a call that still waits for its first frame', async () => {
    const silent: Script = async function* (_, signal) {
      await sleep(60_000, undefined, { signal })
      yield { type: 'crash' }
    }
    gateway = await Harness.start({ workers: [{ script: silent }], limits: { keepAliveMs: 20 } })
    const abort = new AbortController()
    const answer = await gateway.post(PATH, inStream, { signal: abort.signal })
    const reader = answer.body?.getReader()
    expect(new TextDecoder().decode((await reader?.read())?.value)).toBe(': keep-alive\n\n')
    abort.abort()
    await eventually(() => expect(gateway.worker).toMatchObject({ running: 0, cancelled: 1 }), 1_000)
    await eventually(() => expect(gateway.usage).toMatchObject([{ status: 'cancelled', promptTokens: 0 }]))
  })

  it('is noticed when it just stops reading', async () => {
    const flood: Script = async function* (call) {
      yield { type: 'start', worker: 'wrk_a', promptTokens: 7 }
      for (let count = 1; count < 100_000; count++) {
        yield { type: 'text', choice: 0, text: call.model.repeat(500), tokens: [count], completionTokens: count }
        if (count % 100 === 0) await sleep(1)
      }
    }
    gateway = await Harness.start({ workers: [{ script: flood }], limits: { stallMsMax: 200 } })
    const answer = await gateway.post(PATH, inStream)
    await answer.body?.getReader().read()
    await eventually(() => expect(gateway.usage).toMatchObject([{ status: 'cancelled' }]))
    expect(gateway.usage[0]?.completionTokens).toBeLessThan(20_000)
    await answer.body?.cancel().catch(() => {})
  })
})

describe('a stream that no worker can bring to its end', () => {
  it('ends with an error event, without [DONE], and one failed row', async () => {
    gateway = await Harness.start({ workers: [{ script: interrupted(crash) }, { script: interrupted(crash) }] })
    const text = await (await gateway.post(PATH, inStream)).text()
    const last = text.trimEnd().split('\n\n').at(-1) ?? ''
    expect(JSON.parse(last.slice(6)).error).toMatchObject({ type: 'server_error', code: 'stream_interrupted' })
    expect(text.split('"content":"select"')).toHaveLength(2)
    expect(text).not.toContain('[DONE]')
    expect(gateway.workers.flatMap((worker) => worker.calls)).toHaveLength(3)
    const failed = {
      status: 'failed',
      errorCode: 'stream_interrupted',
      promptTokens: 7,
      cachedTokens: 2,
      completionTokens: 3,
    }
    await eventually(() => expect(gateway.usage).toMatchObject([failed]))
  })

  it('is an APIError for the official client', async () => {
    gateway = await Harness.start({ workers: [{ script: interrupted(crash) }] })
    const stream = await gateway.client().chat.completions.create(inStream)
    const read = (async () => {
      for await (const _ of stream);
    })()
    await expect(read).rejects.toBeInstanceOf(OpenAI.APIError)
  })

  it('is a 502 for a plain answer', async () => {
    gateway = await Harness.start({ workers: [{ script: interrupted(crash) }] })
    await expectError(await gateway.post(PATH, chat), 502, 'stream_interrupted')
  })

  it('may say why, without its own words', async () => {
    const says: Script = async function* () {
      yield { type: 'error', error: { code: 'internal', message: 'SECRET stack', param: null } }
    }
    gateway = await Harness.start({ workers: [{ script: interrupted(says) }] })
    const text = await (await gateway.post(PATH, inStream)).text()
    expect(text).toContain('internal_error')
    expect(text).not.toContain('SECRET')
  })
})

describe('a slow stream', () => {
  it('gets comments while it waits, which clients ignore', async () => {
    const slow: Script = async function* (call, signal) {
      await sleep(80)
      yield* wordsScript(call, signal, 60)
    }
    gateway = await Harness.start({ workers: [{ script: slow }], limits: { keepAliveMs: 20 } })
    const answer = await gateway.post(PATH, { ...inStream, max_tokens: 2 })
    expect((await answer.text()).match(/^: keep-alive$/gm)?.length).toBeGreaterThanOrEqual(4)
    const stream = await gateway.client().chat.completions.create({ ...inStream, max_tokens: 2 })
    let text = ''
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? ''
    expect(text).not.toBe('')
  })

  it('whose call fails after the first comment tells so in an event', async () => {
    const late: Script = async function* () {
      await sleep(100)
      yield { type: 'error', error: { code: 'context_length_exceeded', message: 'too long', param: 'messages' } }
    }
    gateway = await Harness.start({ workers: [{ script: late }], limits: { keepAliveMs: 20 } })
    const answer = await gateway.post(PATH, inStream)
    expect(answer.status).toBe(200)
    expect(await answer.text()).toContain('context_length_exceeded')
  })
})
