import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectError } from '../../testing/errors.ts'
import { Harness } from '../../testing/harness.ts'
import { chat, PATH } from './example.ts'

let gateway: Harness
beforeAll(async () => {
  gateway = await Harness.start({ limits: { bodyBytesMax: 2_000 } })
})
afterAll(() => gateway.close())

describe('POST /v1/chat/completions', () => {
  it('answers 404 to a model that no worker has', async () => {
    await expectError(await gateway.post(PATH, { ...chat, model: 'gpt-4' }), 404, 'model_not_found', 'model')
    expect(gateway.worker.calls).toHaveLength(0)
  })

  it('answers 405 to other methods and names the right one', async () => {
    for (const method of ['GET', 'PUT', 'DELETE', 'OPTIONS']) {
      const answer = await gateway.fetch(PATH, { method })
      expect(answer.headers.get('allow')).toBe('POST')
      await expectError(answer, 405, 'method_not_supported')
    }
  })

  it('answers 413 to a body over the limit, with and without its length in the header', async () => {
    const body = JSON.stringify({ ...chat, user: 'u'.repeat(3_000) })
    await expectError(await gateway.post(PATH, body), 413, 'request_too_large')
    const chunked = new Blob([body]).stream()
    const init = { method: 'POST', body: chunked, duplex: 'half' as const }
    await expectError(await gateway.fetch(PATH, init), 413, 'request_too_large')
  })
})
