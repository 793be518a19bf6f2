import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectError } from '../../testing/errors.ts'
import { Harness, TENANT } from '../../testing/harness.ts'
import { chat, PATH } from './example.ts'

let gateway: Harness
beforeAll(async () => {
  gateway = await Harness.start()
  gateway.memory.keys.set('ftk_finance', { ...TENANT, keyId: 'key_finance', scopes: ['usage:read'] })
})
afterAll(() => gateway.close())

describe('POST /v1/chat/completions with a key that was not made for it', () => {
  it.each([PATH, '/v1/completions', '/v1/models', '/v1/models/scripted'])(
    '%s answers 403 and names the scope',
    async (path) => {
      const init = { headers: { authorization: 'Bearer ftk_finance' } }
      const answer = path.includes('models') ? await gateway.fetch(path, init) : await gateway.post(path, chat, init)
      const error = await expectError(answer, 403, 'missing_scope')
      expect(error.message).toContain('Missing scopes: inference.')
      expect(gateway.worker.calls).toHaveLength(0)
    },
  )

  it('is a PermissionDeniedError for the official client', async () => {
    const failed = gateway.client('ftk_finance').chat.completions.create(chat)
    await expect(failed).rejects.toMatchObject({ status: 403, code: 'missing_scope' })
  })
})
