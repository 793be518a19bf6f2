import type { WorkerError } from '../rpc.ts'
import { ApiError } from './api-error.ts'

/** What a tenant reads when a worker declines a call. The worker's own text is shown only where it is made for tenants. */
export function fromWorkerError(error: WorkerError, model: string): ApiError {
  const { param } = error
  const internal = `worker answered ${error.code}: ${error.message}`
  switch (error.code) {
    case 'context_length_exceeded':
      return new ApiError('context_length_exceeded', { values: { reason: error.message }, param, internal })
    case 'invalid_value':
      return new ApiError('invalid_value', { values: { name: param ?? '', reason: error.message }, param, internal })
    case 'model_not_found':
      return new ApiError('model_not_found', { values: { model }, param, internal })
    case 'overloaded':
      return new ApiError('overloaded', { values: {}, internal })
    case 'rate_limit_exceeded':
      return new ApiError('rate_limit_exceeded', { values: {}, internal })
    case 'shutting_down':
      return new ApiError('shutting_down', { values: {}, internal })
    case 'structured_outputs_unavailable':
      return new ApiError('structured_outputs_unavailable', { values: {}, param, internal })
    case 'internal':
      return new ApiError('internal_error', { values: {}, internal })
  }
}

/**
 * Whether another worker may serve a call that this one declined. Not where a tenant has too much waiting: it would
 * fill one queue after the other, and routing by load sends its calls elsewhere before that.
 */
export function isWorkerErrorLocal(error: WorkerError): boolean {
  return LOCAL.has(error.code)
}

/** The last of them where workers differ: one has the addon, another does not. */
const LOCAL = new Set<WorkerError['code']>([
  'overloaded',
  'shutting_down',
  'internal',
  'structured_outputs_unavailable',
])
