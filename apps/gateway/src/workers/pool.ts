import type { Model, WorkerStatus } from '@foretoken/protocol'
import { WorkerClient } from '@foretoken/protocol/client'
import type { Logger } from '@foretoken/telemetry'
import { chooseWorker } from './choose.ts'

interface PoolOptions {
  readonly urls: readonly string[]
  readonly clusterSecret: string
  readonly pollMs: number
  readonly silenceMsMax: number
  readonly logger: Logger
}

/** One worker as this gateway sees it. */
export class PooledWorker {
  readonly client: WorkerClient
  /** What it last said of itself; null before the first answer. Kept when it vanishes: its model still exists. */
  status: WorkerStatus | null = null
  /** False when it didn't answer, or when a call to it broke since it last did. */
  healthy = false
  inFlight = 0
  private inFlightAtReport = 0

  constructor(
    readonly url: string,
    options: PoolOptions,
  ) {
    this.client = new WorkerClient({
      url,
      clusterSecret: options.clusterSecret,
      silenceMsMax: options.silenceMsMax,
    })
  }

  /** Own calls are known at once; what other gateways send is known from the last report. */
  get load(): number {
    const reported = (this.status?.running ?? 0) + (this.status?.waiting ?? 0)
    return this.inFlight + Math.max(0, reported - this.inFlightAtReport)
  }

  get ready(): boolean {
    return this.healthy && this.status?.ready === true
  }

  async refresh(): Promise<void> {
    try {
      this.status = await this.client.status()
      this.inFlightAtReport = this.inFlight
      this.healthy = true
    } catch {
      this.healthy = false
    }
  }
}

/** All configured workers, polled in the background. Knows who is ready, what they serve, and who should be next. */
export class WorkerPool {
  readonly workers: readonly PooledWorker[]
  private timer: NodeJS.Timeout | undefined
  private closed = false

  constructor(private readonly options: PoolOptions) {
    this.workers = options.urls.map((url) => new PooledWorker(url, options))
  }

  /** Resolves after the first round of polling, whoever answered. */
  async start(): Promise<void> {
    await this.poll()
  }

  async close(): Promise<void> {
    this.closed = true
    clearTimeout(this.timer)
    await Promise.all(this.workers.map((worker) => worker.client.close()))
  }

  get someReady(): boolean {
    return this.workers.some((worker) => worker.ready)
  }

  /** Every model that some worker ever reported, by id. A model whose workers are away is still known. */
  get models(): ReadonlyMap<string, Model> {
    const models = new Map<string, Model>()
    for (const { status } of this.workers) {
      if (status) models.set(status.model.id, toModel(status))
    }
    return models
  }

  /**
   * The worker for a tenant's next call. One whose last call broke is asked only when no other is left: it may have
   * restarted since.
   */
  choose(tenant: string, model: string, excluded: ReadonlySet<PooledWorker>): PooledWorker | null {
    const able = this.workers.filter(
      (worker) => !excluded.has(worker) && worker.status?.ready === true && worker.status.model.id === model,
    )
    const healthy = able.filter((worker) => worker.healthy)
    return chooseWorker(healthy.length > 0 ? healthy : able, tenant)
  }

  private async poll(): Promise<void> {
    await Promise.all(this.workers.map((worker) => this.refresh(worker)))
    if (this.closed) return
    this.timer = setTimeout(() => void this.poll(), this.options.pollMs).unref()
  }

  private async refresh(worker: PooledWorker): Promise<void> {
    const wasReady = worker.ready
    await worker.refresh()
    if (worker.ready === wasReady) return
    const { logger } = this.options
    if (worker.ready) logger.info({ worker: worker.status?.worker, url: worker.url }, 'worker ready')
    else logger.warn({ worker: worker.status?.worker, url: worker.url }, 'worker not ready')
  }
}

function toModel({ model }: WorkerStatus): Model {
  return {
    id: model.id,
    object: 'model',
    created: model.created,
    owned_by: 'foretoken',
    max_model_len: model.contextLength,
  }
}
