import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectError } from '../../testing/errors.ts'
import { Harness } from '../../testing/harness.ts'
import { chat, PATH } from './example.ts'

let gateway: Harness
beforeAll(async () => {
  gateway = await Harness.start()
})
afterAll(() => gateway.close())

describe('POST /v1/chat/completions without a valid key', () => {
  it.each([
    '',
    'Bearer',
    'Bearer  ',
    'Basic abc',
    'Bearer ftk_unknown',
    'Bearer sk-other',
    `Bearer ${'x'.repeat(5_000)}`,
  ])('answers %j like any other', async (authorization) => {
    const answer = await gateway.post(PATH, chat, { headers: { authorization } })
    expect(answer.headers.get('www-authenticate')).toBe('Bearer')
    const error = await expectError(answer, 401, 'invalid_api_key')
    expect(error.message).toContain('Incorrect or missing API key')
    expect(error.message).not.toContain('unknown')
  })

  it('is refused before its body is read', async () => {
    await expectError(await gateway.post(PATH, '{', { headers: { authorization: '' } }), 401, 'invalid_api_key')
    expect(gateway.worker.calls).toHaveLength(0)
  })

  it('is an AuthenticationError for the official client', async () => {
    const failed = gateway.client('ftk_wrong').chat.completions.create(chat)
    await expect(failed).rejects.toMatchObject({ status: 401, code: 'invalid_api_key' })
    expect(gateway.logs).not.toContain('ftk_wrong')
  })
})
