import type { Script } from '@foretoken/protocol/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { expectError } from '../../testing/errors.ts'
import { eventually, Harness } from '../../testing/harness.ts'
import { chat, PATH } from './example.ts'

let gateway: Harness
afterEach(() => gateway.close())

const full: Script = async function* () {
  yield { type: 'error', error: { code: 'overloaded', message: 'the queue is full', param: null } }
}

describe('POST /v1/chat/completions', () => {
  it('answers 503 when every worker is full, after asking each once', async () => {
    gateway = await Harness.start({ workers: [{ script: full }, { script: full }] })
    const answer = await gateway.post(PATH, chat)
    expect(answer.headers.get('retry-after')).toBe('1')
    await expectError(answer, 503, 'overloaded')
    expect(gateway.workers.map((worker) => worker.calls.length)).toEqual([1, 1])
    await eventually(() => expect(gateway.usage).toMatchObject([{ status: 'failed', errorCode: 'overloaded' }]))
  })

  it('answers 503 when the only worker died, and is well again when one returns', async () => {
    gateway = await Harness.start()
    const port = Number(new URL(gateway.worker.url).port)
    await gateway.worker.close()
    await expectError(await gateway.post(PATH, chat), 503, 'no_worker')
    await gateway.worker.listen(port)
    await eventually(() => expect(gateway.services.workers.someReady).toBe(true))
    expect((await gateway.post(PATH, chat)).status).toBe(200)
  })

  it('answers 503, not 404, while no worker has ever said what it serves', async () => {
    gateway = await Harness.start({ workers: [], config: { workerUrls: ['http://127.0.0.1:9'] } })
    await expectError(await gateway.post(PATH, chat), 503, 'no_worker')
  })

  it('answers 503 when the database cannot tell whose key it is', async () => {
    gateway = await Harness.start()
    gateway.memory.outage = new Error('SECRET connection string')
    const error = await expectError(await gateway.post(PATH, chat), 503, 'authentication_unavailable')
    expect(error.message).not.toContain('SECRET')
  })

  it('answers 503 when the database does not answer at all', async () => {
    gateway = await Harness.start({ limits: { databaseMsMax: 50 } })
    gateway.memory.authenticate = () => new Promise(() => {})
    await expectError(await gateway.post(PATH, chat), 503, 'authentication_unavailable')
  })

  it('goes on for keys just seen when the database fails, and writes their usage when it is back', async () => {
    gateway = await Harness.start()
    expect((await gateway.post(PATH, chat)).status).toBe(200)
    await eventually(() => expect(gateway.usage).toHaveLength(1))
    gateway.memory.outage = new Error('down')
    expect((await gateway.post(PATH, chat)).status).toBe(200)
    await eventually(() => expect(gateway.logs).toContain('usage is not recorded yet'))
    gateway.memory.outage = null
    await eventually(() => expect(gateway.usage).toHaveLength(2))
  })

  it('fails over to another worker before the first frame, unseen by the client, billed once', async () => {
    gateway = await Harness.start({ workers: [{ name: 'wrk_a' }, { name: 'wrk_b' }] })
    const [first, second] = gateway.workers
    await gateway.post(PATH, chat)
    const [preferred, other] = first?.calls.length === 1 ? [first, second] : [second, first]
    await preferred?.close()
    const answer = await gateway.post(PATH, chat)
    expect(answer.status).toBe(200)
    expect(other?.calls).toHaveLength(1)
    expect(other?.calls[0]?.sampling.seed).toBe('42')
    await eventually(() => expect(gateway.usage).toMatchObject([{ status: 'completed' }, { status: 'completed' }]))
  })

  it('does not ask a second worker when the first one says that the request is wrong', async () => {
    gateway = await Harness.start({ workers: [{}, {}] })
    await gateway.post(PATH, { ...chat, speculation: { arm: 'static' } })
    expect(gateway.workers.flatMap((worker) => worker.calls)).toHaveLength(1)
  })
})
