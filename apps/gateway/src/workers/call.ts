import { ApiError, type Frame, fromWorkerError, type GenerateCall, isWorkerErrorLocal } from '@foretoken/protocol'
import { WorkerDeclined, WorkerLost } from '@foretoken/protocol/client'
import type { Logger } from '@foretoken/telemetry'
import type { PooledWorker, WorkerPool } from './pool.ts'

/** A request that breaks workers must not break all of them. */
const ATTEMPTS_MAX = 3

export type CallFrame = Exclude<Frame, { type: 'error' }>

/**
 * The frames of one call from whichever worker serves it. Until a first frame arrived, a worker that is lost, full or
 * stopping is replaced by the next one; after it, the call fails, since its beginning may have reached the tenant.
 * Throws ApiError, or the signal's reason.
 */
export async function* callWorkers(
  pool: WorkerPool,
  call: GenerateCall,
  signal: AbortSignal,
  logger: Logger,
): AsyncGenerator<CallFrame> {
  const tried = new Set<PooledWorker>()
  let failure: ApiError | null = null
  for (;;) {
    const worker = pool.choose(call.tenant, call.model, tried)
    if (!worker) throw failure ?? new ApiError('no_worker', { values: {}, internal: `none is ready for ${call.model}` })
    tried.add(worker)
    let begun = false
    worker.inFlight++
    try {
      for await (const frame of worker.client.generate(call, signal)) {
        begun = true
        yield frame
      }
      return
    } catch (error) {
      if (signal.aborted) throw signal.reason
      if (error instanceof WorkerLost) worker.healthy = false
      failure = toApiError(error, call.model, begun)
      // What the tenant has to mend is no fault of ours: the line that ends each request says its code.
      if (failure.status >= 500)
        logger.warn({ err: error, requestId: call.request, url: worker.url, begun }, 'call failed')
      if (begun || tried.size >= ATTEMPTS_MAX || !mayServeElsewhere(error)) throw failure
    } finally {
      worker.inFlight--
    }
  }
}

function mayServeElsewhere(error: unknown): boolean {
  return error instanceof WorkerLost || (error instanceof WorkerDeclined && isWorkerErrorLocal(error.error))
}

function toApiError(error: unknown, model: string, begun: boolean): ApiError {
  if (error instanceof WorkerDeclined) return fromWorkerError(error.error, model)
  if (error instanceof WorkerLost) {
    return new ApiError(begun ? 'stream_interrupted' : 'no_worker', { values: {}, cause: error })
  }
  return new ApiError('internal_error', { values: {}, cause: error })
}
