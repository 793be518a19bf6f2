import { type Script, wordsScript } from '@foretoken/protocol/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { chat, PATH } from './routes/chat-completions/example.ts'
import { expectError } from './testing/errors.ts'
import { eventually, Harness, KEY } from './testing/harness.ts'

let gateway: Harness
afterEach(() => gateway.close())

const slow: Script = (call, signal) => wordsScript(call, signal, 20)
const inStream = { ...chat, stream: true, max_tokens: 20 }

describe('a gateway that is told to stop', () => {
  it('finishes what it has begun, admits nothing new, and writes all usage', async () => {
    gateway = await Harness.start({ workers: [{ script: slow }] })
    const stream = await gateway.post(PATH, inStream)
    const stopped = gateway.services.lifecycle.shutdown('test')
    expect(gateway.services.lifecycle.ready).toBe(false)
    expect(await stream.text()).toMatch(/data: \[DONE\]\n\n$/)
    await stopped
    expect(gateway.usage).toMatchObject([{ status: 'completed', completionTokens: 20 }])
    await expect(fetch(`${gateway.url}/healthz`)).rejects.toThrow()
  })

  it('tells requests on open connections to go elsewhere', async () => {
    gateway = await Harness.start({ workers: [{ script: slow }] })
    gateway.services.inFlight.stopAdmitting()
    const answer = await gateway.post(PATH, chat)
    expect(answer.headers.get('retry-after')).toBe('1')
    await expectError(answer, 503, 'shutting_down')
  })

  it('ends what takes too long with an error event and a failed row', async () => {
    const limits = { drainMsMax: 100 }
    gateway = await Harness.start({ workers: [{ script: slow }], limits })
    const stream = await gateway.post(PATH, { ...inStream, max_tokens: 10_000 })
    await gateway.services.lifecycle.shutdown('test')
    expect(await stream.text()).toContain('"code":"shutting_down"')
    expect(gateway.usage).toMatchObject([{ status: 'failed', errorCode: 'shutting_down' }])
    expect(gateway.worker.running).toBe(0)
  })
})

describe('the log', () => {
  it('holds no prompt, no completion and no key, whatever happens', async () => {
    const secret = 'SECRETPROMPT'
    const breaks: Script = async function* () {
      yield { type: 'start', worker: 'wrk_a', promptTokens: 1 }
      yield { type: 'text', choice: 0, text: 'SECRETCOMPLETION', tokens: [1], completionTokens: 1 }
      yield { type: 'raw', bytes: '{"type":"text","SECRETCOMPLETION":' }
      yield { type: 'crash' }
    }
    gateway = await Harness.start({ workers: [{ script: breaks }] })
    const request = { ...chat, messages: [{ role: 'user', content: secret }] }
    await gateway.fetch('/v1/models')
    gateway.memory.outage = new Error(`Failed query: select $1\nparams: ${KEY}`)
    await gateway.post(PATH, request)
    await (await gateway.post(PATH, { ...request, stream: true })).text()
    await gateway.post(PATH, `{"messages": "${secret}`)
    await gateway.post(PATH, { ...request, [secret]: 1 })
    await gateway.post('/v1/completions', { model: secret, prompt: secret })
    await gateway.post(PATH, request, { headers: { authorization: 'Bearer ftk_SECRETKEY' } })
    await eventually(() => expect(gateway.logs).toContain('usage is not recorded yet'))
    gateway.memory.outage = null
    await gateway.services.lifecycle.shutdown('test')
    expect(gateway.logs).toContain('"status":"failed"')
    expect(gateway.logs).not.toMatch(/SECRET/)
    expect(gateway.logs).not.toContain(KEY)
  })
})
