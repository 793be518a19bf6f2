import type { Script } from '@foretoken/protocol/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { expectError } from '../../testing/errors.ts'
import { eventually, Harness } from '../../testing/harness.ts'
import { completion, PATH } from './example.ts'

let gateway: Harness
afterEach(() => gateway.close())

/** Begins every prompt and then stays silent, except on "bad", where the connection breaks. */
const oneBreaks: Script = async function* (call, signal) {
  yield { type: 'start', worker: 'wrk_a', promptTokens: 1 }
  if (call.input.kind === 'text' && call.input.text === 'bad') yield { type: 'crash' }
  else await new Promise((resolve) => signal.addEventListener('abort', resolve))
}

describe('POST /v1/completions', () => {
  it('answers 400, 401, 404 and 405 as chat does', async () => {
    gateway = await Harness.start()
    await expectError(await gateway.post(PATH, { ...completion, suffix: 'x' }), 400, 'unsupported_parameter', 'suffix')
    await expectError(await gateway.post(PATH, '{'), 400, 'invalid_json')
    await expectError(await gateway.post(PATH, completion, { headers: { authorization: '' } }), 401, 'invalid_api_key')
    await expectError(await gateway.post(PATH, { ...completion, model: 'x' }), 404, 'model_not_found', 'model')
    await expectError(await gateway.fetch(PATH), 405, 'method_not_supported')
  })

  it('answers 413 to a body over the limit', async () => {
    gateway = await Harness.start({ limits: { bodyBytesMax: 100 } })
    await expectError(await gateway.post(PATH, { ...completion, user: 'u'.repeat(100) }), 413, 'request_too_large')
  })

  it('answers 503 when no worker is left', async () => {
    gateway = await Harness.start()
    await gateway.worker.close()
    await expectError(await gateway.post(PATH, completion), 503, 'no_worker')
  })

  it('fails as a whole, with one row, when one of its prompts fails, and ends the others at once', async () => {
    gateway = await Harness.start({ workers: [{ script: oneBreaks }] })
    await expectError(await gateway.post(PATH, { ...completion, prompt: ['a', 'bad', 'c'] }), 502, 'stream_interrupted')
    await eventually(() => expect(gateway.worker).toMatchObject({ running: 0, cancelled: 2 }), 1_000)
    await eventually(() => expect(gateway.usage).toMatchObject([{ status: 'failed', errorCode: 'stream_interrupted' }]))
  })
})
