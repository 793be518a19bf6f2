import { describe, expect, it } from 'vitest'
import { workerErrorSchema } from '../rpc.ts'
import { ApiError, errorEnvelopeSchema } from './api-error.ts'
import { ERRORS } from './catalogue.ts'
import { fromWorkerError } from './from-worker.ts'

describe('errors', () => {
  it("speak OpenAI's envelope and keep the internal sentence inside", () => {
    const error = new ApiError('unknown_parameter', { values: { name: 'foo' }, param: 'foo', internal: 'secret' })
    const envelope = errorEnvelopeSchema.parse(error.toEnvelope())
    expect(envelope.error).toEqual({
      message: 'Unrecognized request argument supplied: foo',
      type: 'invalid_request_error',
      param: 'foo',
      code: 'unknown_parameter',
    })
    expect(JSON.stringify(envelope)).not.toContain('secret')
  })

  it('can be retried exactly when the fault is not the request, nor a budget that is spent, or its answer is under way', () => {
    for (const [code, entry] of Object.entries(ERRORS)) {
      const passes = (entry.status === 429 && code !== 'insufficient_quota') || code === 'idempotency_in_progress'
      expect(entry.retryable).toBe(entry.status >= 500 || passes)
    }
  })

  it.each(workerErrorSchema.shape.code.options)("have an answer for the worker's %s", (code) => {
    const error = fromWorkerError({ code, message: 'from the worker', param: 'seed' }, 'm')
    expect(error.publicMessage).not.toMatch(/[{}]/)
    expect(error.publicMessage.includes('from the worker')).toBe(
      code === 'invalid_value' || code === 'context_length_exceeded',
    )
  })
})
