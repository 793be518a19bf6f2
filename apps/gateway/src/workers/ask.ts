import { ApiError, fromWorkerError, isWorkerErrorLocal } from '@foretoken/protocol'
import { type WorkerClient, WorkerDeclined, WorkerLost } from '@foretoken/protocol/client'
import type { PooledWorker, WorkerPool } from './pool.ts'

/** A short question to whichever worker serves a model, and to the next where one is lost. Throws ApiError. */
export async function askWorkers<T>(
  pool: WorkerPool,
  { tenant, model }: { readonly tenant: string; readonly model: string },
  ask: (client: WorkerClient) => Promise<T>,
): Promise<T> {
  const spent = new Set<PooledWorker>()
  for (;;) {
    const worker = pool.choose(tenant, { name: model }, spent)
    if (!worker) throw new ApiError('no_worker', { values: {}, internal: `none answers for ${model}` })
    spent.add(worker)
    try {
      return await ask(worker.client)
    } catch (error) {
      if (error instanceof WorkerDeclined && !isWorkerErrorLocal(error.error)) throw fromWorkerError(error.error, model)
      if (!(error instanceof WorkerDeclined) && !(error instanceof WorkerLost)) throw error
    }
  }
}
