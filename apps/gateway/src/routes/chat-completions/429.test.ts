import type { Script } from '@foretoken/protocol/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { expectError } from '../../testing/errors.ts'
import { eventually, Harness } from '../../testing/harness.ts'
import { chat, PATH } from './example.ts'

let gateway: Harness
afterEach(() => gateway.close())

const tooMany: Script = async function* () {
  yield {
    type: 'error',
    error: { code: 'rate_limit_exceeded', message: 'its share of the queue is full', param: null },
  }
}

describe('POST /v1/chat/completions', () => {
  it.each([false, true])(
    'answers 429 when the tenant has too much waiting, and asks no other worker (stream: %s)',
    async (stream) => {
      gateway = await Harness.start({ workers: [{ script: tooMany }, { script: tooMany }] })
      const answer = await gateway.post(PATH, { ...chat, stream })
      expect(answer.headers.get('retry-after')).toBe('1')
      const error = await expectError(answer, 429, 'rate_limit_exceeded')
      expect(error.type).toBe('requests')
      expect(gateway.workers.flatMap((worker) => worker.calls)).toHaveLength(1)
      await eventually(() =>
        expect(gateway.usage).toMatchObject([{ status: 'failed', errorCode: 'rate_limit_exceeded' }]),
      )
    },
  )
})
