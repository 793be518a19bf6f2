import { setTimeout as sleep } from 'node:timers/promises'
import { ApiError, fromWorkerError, isWorkerErrorLocal, type TargetIdentity } from '@foretoken/protocol'
import { WorkerDeclined, WorkerLost } from '@foretoken/protocol/client'
import type { Logger } from '@foretoken/telemetry'
import type { PooledWorker, WorkerPool } from './pool.ts'
import { routed, type TenantAdapters, type UnroutedCall } from './route.ts'
import { type CallFrame, Said } from './said.ts'

export interface CallContext {
  readonly pool: WorkerPool
  /** The tenant's drafts and what it tries, by target. */
  readonly drafts: TenantAdapters
  readonly logger: Logger
  /** How long an answer that has begun waits for a worker to go on. */
  readonly resumeMsMax: number
  /** An answer went on so long after its worker was lost. */
  readonly onResumed: (ms: number) => void
}

/** A request that breaks workers must not break all of them: so many in a row without a word between, and in all. */
const FAILURES_IN_A_ROW_MAX = 3
const FAILURES_MAX = 8
const RETRY_MS = 50

/**
 * The frames of one call, those together that came together, from whichever workers serve it. One that is lost, full or
 * stopping is replaced by the next, also in the middle of an answer: the next goes on behind what the tenant has, with
 * the same bytes, and so has to have the same weights. Before the first frame a call that nobody can take fails at
 * once, since its client may try again; a begun one waits for a worker. Throws ApiError, or the signal's reason.
 */
export async function* callWorkers(
  ctx: CallContext,
  call: UnroutedCall,
  signal: AbortSignal,
): AsyncGenerator<readonly CallFrame[]> {
  const said = new Said(call)
  const attempts = new Attempts(ctx, call)
  for (;;) {
    const { worker, target } = await attempts.next(said.begun, signal)
    worker.inFlight++
    try {
      const addressed = routed(said.rest(), target, ctx.drafts)
      for await (const frames of worker.client.generateBatches(addressed, signal)) {
        const news = said.takeAll(frames)
        if (news.length === 0) continue
        attempts.goesOn(target)
        yield news
      }
      return
    } catch (error) {
      if (signal.aborted) throw signal.reason
      await attempts.failed(worker, error, said)
    } finally {
      worker.inFlight--
    }
  }
}

/** Whom to ask next, and when to give up. */
class Attempts {
  /** Not to be asked again: they said no, or broke before there was a word. */
  private readonly spent = new Set<PooledWorker>()
  private failure: ApiError | null = null
  private failures = 0
  private failuresInARow = 0
  private lostMs: number | null = null
  /** Of whoever said the first word: from then on the only one that has the same words. */
  private begunBy: TargetIdentity | null = null

  constructor(
    private readonly ctx: CallContext,
    private readonly call: UnroutedCall,
  ) {}

  async next(begun: boolean, signal: AbortSignal): Promise<{ worker: PooledWorker; target: TargetIdentity }> {
    const { pool, resumeMsMax } = this.ctx
    const { tenant, model } = this.call
    const deadlineMs = performance.now() + resumeMsMax
    for (;;) {
      const worker = pool.choose(tenant, this.begunBy ?? { name: model }, this.spent, { mustBeWell: begun })
      if (worker?.target) return { worker, target: worker.target }
      if (!begun || performance.now() > deadlineMs) {
        throw this.failure ?? new ApiError('no_worker', { values: {}, internal: `none is ready for ${model}` })
      }
      await sleep(RETRY_MS, undefined, { signal }).catch(() => {
        throw signal.reason
      })
    }
  }

  goesOn(target: TargetIdentity): void {
    this.begunBy = target
    this.failuresInARow = 0
    if (this.lostMs === null) return
    this.ctx.onResumed(performance.now() - this.lostMs)
    this.lostMs = null
    this.spent.clear()
  }

  /** Returns if another worker may go on; throws what the tenant reads otherwise. */
  async failed(worker: PooledWorker, error: unknown, said: Said): Promise<void> {
    const { logger } = this.ctx
    const lost = error instanceof WorkerLost
    if (lost) worker.healthy = false
    // One that was lost may be back, as new, by the time that an answer looks for somebody to go on.
    // One that has other weights by now is another worker, and may serve what has not begun.
    if (isChanged(error)) await worker.refresh()
    else if (!lost || !said.begun) this.spent.add(worker)
    const failure = toApiError(error, this.call.model, said.begun)
    this.failure = failure
    // What the tenant has to mend is no fault of ours: the line that ends each request says its code.
    if (failure.status >= 500) {
      const { request: requestId } = this.call
      logger.warn({ err: error, requestId, url: worker.url, begun: said.begun }, 'call failed')
    }
    const spent = ++this.failures >= FAILURES_MAX || ++this.failuresInARow >= FAILURES_IN_A_ROW_MAX
    if (spent || !mayServeElsewhere(error)) throw failure
    if (said.begun) this.lostMs ??= performance.now()
  }
}

function isChanged(error: unknown): boolean {
  return error instanceof WorkerDeclined && error.error.code === 'target_changed'
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
