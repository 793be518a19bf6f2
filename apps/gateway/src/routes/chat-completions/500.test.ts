import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectError } from '../../testing/errors.ts'
import { Harness } from '../../testing/harness.ts'
import { chat, PATH } from './example.ts'

let gateway: Harness
beforeAll(async () => {
  gateway = await Harness.start()
})
afterAll(() => gateway.close())

describe('POST /v1/chat/completions', () => {
  it('answers 500 to a fault of its own, tells the log and nobody else', async () => {
    gateway.services.inFlight.enter = () => {
      throw new Error('an invariant of ours broke')
    }
    const answer = await gateway.post(PATH, chat)
    const error = await expectError(answer, 500, 'internal_error')
    expect(error.message).not.toContain('invariant')
    expect(gateway.logs).toContain('an invariant of ours broke')
  })
})
