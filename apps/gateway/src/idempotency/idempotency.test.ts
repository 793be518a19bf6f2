import { addPrice, checkBooks, createApiKey, createTenant, openDatabase } from '@foretoken/db'
import { temporaryDatabase } from '@foretoken/db/testing'
import { type Script, sayScript, wordsScript } from '@foretoken/protocol/testing'
import OpenAI from 'openai'
import { afterEach, describe, expect, it } from 'vitest'
import { chat, PATH } from '../routes/chat-completions/example.ts'
import { ask, create, PATH as RESPONSES } from '../routes/responses/example.ts'
import { postgresStore, type Store } from '../store.ts'
import { expectError } from '../testing/errors.ts'
import { eventually, Harness, KEY, TENANT } from '../testing/harness.ts'

let gateway: Harness
afterEach(() => gateway.close())

const named = (key: string, more: Record<string, string> = {}) => ({ headers: { 'idempotency-key': key, ...more } })
/** Without a seed of its own: what makes answers equal is the key alone. */
const { seed: _, ...unseeded } = chat

const { seed: __, ...response } = ask
const asked = [
  [PATH, unseeded],
  ['/v1/completions', { model: chat.model, prompt: 'Who ordered twice?', max_tokens: 5 }],
  [RESPONSES, response],
] as const

describe('a request with an Idempotency-Key', () => {
  it.each(asked.flatMap(([path, body]) => [false, true].map((stream) => [path, stream, body] as const)))(
    'that is sent again has the same bytes, is served and billed once: %s (stream: %s)',
    async (path, stream, ask) => {
      gateway = await Harness.start()
      const request = { ...ask, stream, temperature: 1 }
      const first = await gateway.post(path, request, named('order-1'))
      const body = await first.text()
      const again = await gateway.post(path, request, named('order-1'))
      expect(await again.text()).toBe(body)
      expect(first.headers.get('idempotent-replayed')).toBeNull()
      expect(again.headers.get('idempotent-replayed')).toBe('true')
      for (const name of ['content-type', 'x-foretoken-request-id']) {
        expect(again.headers.get(name)).toBe(first.headers.get(name))
      }
      expect(gateway.worker.calls).toHaveLength(1)
      await eventually(() => expect(gateway.usage).toHaveLength(1))
      const other = await gateway.post(path, request, named('order-2'))
      expect(await other.text()).not.toBe(body)
    },
  )

  it('is no other request, and no other tenant’s', async () => {
    gateway = await Harness.start()
    gateway.memory.keys.set('ftk_other', { ...TENANT, tenantId: 'ten_other', keyId: 'key_other' })
    await gateway.post(PATH, chat, named('shared'))
    const other = await gateway.post(PATH, { ...chat, max_tokens: 6 }, named('shared'))
    expect(other.headers.get('x-should-retry')).toBe('false')
    await expectError(other, 409, 'idempotency_mismatch')
    const foreign = await gateway.post(PATH, chat, named('shared', { authorization: 'Bearer ftk_other' }))
    expect({ status: foreign.status, replayed: foreign.headers.get('idempotent-replayed') }).toEqual({
      ...{ status: 200, replayed: null },
    })
    await expectError(await gateway.post(PATH, chat, named('é')), 400, 'invalid_value')
  })

  it('is told to wait while it runs, and official clients do', async () => {
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    const script: Script = async function* (call, signal) {
      await held
      yield* wordsScript(call, signal)
    }
    gateway = await Harness.start({ workers: [{ script }] })
    const first = gateway.post(PATH, chat, named('slow'))
    await eventually(() => expect(gateway.worker.calls).toHaveLength(1))
    const second = await gateway.post(PATH, chat, named('slow'))
    expect(second.headers.get('retry-after')).toBe('1')
    await expectError(second, 409, 'idempotency_in_progress')
    const client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: KEY, maxRetries: 5 })
    const third = client.chat.completions.create(chat, { headers: { 'Idempotency-Key': 'slow' } })
    release()
    const { id } = JSON.parse(await (await first).text())
    expect((await third).id).toBe(id)
    expect(gateway.worker.calls).toHaveLength(1)
  })

  it('goes on when its client leaves, which finds the whole answer when it comes back', async () => {
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    const script: Script = async function* (call, signal) {
      for await (const act of wordsScript(call, signal)) {
        yield act
        if (act.type === 'text') await held
      }
    }
    gateway = await Harness.start({ workers: [{ script }] })
    const leaving = new AbortController()
    const answer = await gateway.post(PATH, { ...chat, stream: true }, { ...named('left'), signal: leaving.signal })
    await answer.body?.getReader().read()
    leaving.abort()
    release()
    await eventually(() => expect(gateway.usage).toMatchObject([{ status: 'completed', completionTokens: 5 }]))
    const again = await gateway.post(PATH, { ...chat, stream: true }, named('left'))
    expect(again.headers.get('idempotent-replayed')).toBe('true')
    expect(await again.text()).toMatch(/"finish_reason":"length".*\[DONE\]/s)
    expect(gateway.worker.calls).toHaveLength(1)
  })

  it('that failed is no answer: it may be sent again at once, to one bill', async () => {
    let calls = 0
    const script: Script = async function* (call, signal) {
      if (++calls > 1) return yield* wordsScript(call, signal)
      yield { type: 'start', worker: 'wrk_a', promptTokens: 4 }
      yield { type: 'text', choice: 0, text: 'x', tokens: [1], completionTokens: 1 }
      yield { type: 'error', error: { code: 'internal', message: 'broken', param: null } }
      yield { type: 'crash' }
    }
    gateway = await Harness.start({ workers: [{ script }], limits: { resumeMsMax: 1 } })
    expect((await gateway.post(PATH, chat, named('failed'))).status).toBeGreaterThanOrEqual(500)
    expect((await gateway.post(PATH, chat, named('failed'))).status).toBe(200)
    await eventually(() => expect(gateway.usage).toMatchObject([{ attempt: 2, status: 'completed' }]))
  })

  it('whose answer is too large to keep is computed anew, to the same text and one bill', async () => {
    gateway = await Harness.start({ limits: { idempotencyBytesMax: 10 } })
    const texts: unknown[] = []
    for (let at = 0; at < 2; at++) {
      const answer = JSON.parse(await (await gateway.post(PATH, unseeded, named('large'))).text())
      texts.push([answer.id, answer.created, answer.choices])
    }
    expect(texts[1]).toEqual(texts[0])
    expect(gateway.worker.calls).toHaveLength(2)
    await eventually(() => expect(gateway.usage).toMatchObject([{ attempt: 2 }]))
  })
})

describe('a response with an Idempotency-Key', () => {
  it('is computed anew under the same ids, calls included, and stored once', async () => {
    const script = sayScript(['I look. <tool_call>{"name":"weather","arguments":{}}</tool_call>'])
    const limits = { idempotencyBytesMax: 10 }
    gateway = await Harness.start({ workers: [{ script, model: { toolCallForm: 'hermes' } }], limits })
    const tools = [{ type: 'function', name: 'weather', parameters: { type: 'object', properties: {} } }]
    const answers: unknown[] = []
    for (let at = 0; at < 2; at++) {
      answers.push(await (await gateway.post(RESPONSES, { ...response, tools }, named('large'))).json())
    }
    expect(answers[1]).toEqual(answers[0])
    expect(gateway.worker.calls).toHaveLength(2)
    expect(gateway.memory.responses.size).toBe(1)
    await eventually(() => expect(gateway.usage).toMatchObject([{ endpoint: 'responses', attempt: 2 }]))
  })

  it('that can not be begun may be sent again at once', async () => {
    gateway = await Harness.start()
    const lost = { ...response, previous_response_id: 'resp_none' }
    for (let at = 0; at < 2; at++) {
      const answer = await gateway.post(RESPONSES, lost, named('lost'))
      await expectError(answer, 400, 'previous_response_not_found', 'previous_response_id')
    }
    expect(gateway.usage).toEqual([])
  })

  it('goes with its name when it is deleted, and with nobody else’s', async () => {
    gateway = await Harness.start()
    const kept = await create(gateway, response)
    const ask = async () => JSON.parse(await (await gateway.post(RESPONSES, response, named('deleted'))).text())
    const { id } = await ask()
    await gateway.client().responses.delete(kept.id)
    expect(await ask()).toMatchObject({ id })
    await gateway.client().responses.delete(id)
    expect((await ask()).id).not.toBe(id)
  })
})

describe('a gateway that dies in the middle', () => {
  it('leaves a request that another one computes to the same text, and that is billed once', async () => {
    const temporary = await temporaryDatabase()
    const db = openDatabase(temporary.url)
    const pepper = Buffer.alloc(32, 1)
    const created = await createTenant(db, 'a')
    if (!created.ok) throw new Error('name taken')
    const { secret } = await createApiKey(db, pepper, { tenantId: created.tenant.id, name: 'k' })
    const rates = { input: 1n, cachedInput: 1n, output: 10n, batchInput: 0n, batchCachedInput: 0n, batchOutput: 0n }
    await addPrice(db, { ...rates, model: '*', currency: 'USD', training: 0n }, { inMs: 0 })
    const authorization = `Bearer ${secret}`

    const hangs: Script = async function* (call, signal) {
      for await (const act of wordsScript({ ...call, completionTokensMax: 3 }, signal))
        if (act.type !== 'finish' && act.type !== 'end') yield act
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
    }
    const limits = { reservationMs: 400, journalMs: 20 }
    const mortal = { ...limits, drainMsMax: 100, databaseMsMax: 1_000 }
    const store = postgresStore(db, pepper)
    const mute = { dead: false }
    const dying = await Harness.start({ workers: [{ script: hangs }], store: muted(store, mute), limits: mortal })
    const request = { ...unseeded, stream: true, temperature: 1 }
    const first = await dying.post(PATH, request, named('crash', { authorization }))
    const reader = first.body?.getReader()
    const begun = new TextDecoder().decode((await reader?.read())?.value)
    const written = async () => (await db.pool.query('select completion_tokens from open_requests')).rows
    await expect.poll(written).toEqual([{ completion_tokens: 3 }])
    mute.dead = true

    gateway = await Harness.start({ store, limits })
    const ask = () => gateway.post(PATH, request, named('crash', { authorization }))
    let again = await ask()
    while (again.status === 409) again = await ask()
    const body = await again.text()
    const textOf = (events: string) => [...events.matchAll(/"content":"([^"]*)"/g)].map(([, text]) => text).join('')
    expect(textOf(body).startsWith(textOf(begun))).toBe(true)
    expect(body.match(/chatcmpl-\w+/)?.[0]).toBe(begun.match(/chatcmpl-\w+/)?.[0])
    const billed = async () =>
      (await db.pool.query('select revision, output_tokens from ledger order by revision desc limit 1')).rows
    await expect.poll(billed).toEqual([{ revision: 4, output_tokens: 5 }])
    expect((await db.pool.query('select id from requests')).rows).toHaveLength(1)
    await expect.poll(() => checkBooks(db)).toEqual([])

    await reader?.cancel()
    await dying.close()
    expect(await billed()).toEqual([{ revision: 4, output_tokens: 5 }])
    await gateway.close()
    await db.close()
    await temporary.drop()
  })
})

/** A store that a process uses until it dies: then nothing that it says arrives. */
function muted(store: Store, mute: { readonly dead: boolean }): Store {
  return new Proxy(store, {
    get: (target, name, receiver) => {
      const method = Reflect.get(target, name, receiver)
      return (...values: unknown[]) =>
        mute.dead && name !== 'recordUsage' ? new Promise(() => {}) : Reflect.apply(method, target, values)
    },
  })
}
