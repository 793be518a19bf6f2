import { chooseWorker } from '@foretoken/policy'
import type { Model, ToolCallFormName, WorkerStatus } from '@foretoken/protocol'
import { WorkerClient } from '@foretoken/protocol/client'
import type { Logger } from '@foretoken/telemetry'

interface PoolOptions {
  /** Known whatever the register says. */
  readonly urls: readonly string[]
  readonly clusterSecret: string
  readonly clusterCa?: Buffer
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
  /** What `hot` of its status lists, as a set. */
  private hot: ReadonlySet<string> = new Set()

  constructor(
    readonly url: string,
    options: PoolOptions,
  ) {
    this.client = new WorkerClient({
      url,
      clusterSecret: options.clusterSecret,
      silenceMsMax: options.silenceMsMax,
      ...(options.clusterCa && { ca: options.clusterCa }),
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

  get capacity(): number {
    return this.status?.capacity ?? 1
  }

  /** Whether it served this tenant lately and may have its adapter, prefixes and suffix index still. */
  hasHot(tenant: string): boolean {
    return this.hot.has(tenant)
  }

  async refresh(): Promise<void> {
    try {
      this.status = await this.client.status()
      this.hot = new Set(this.status.hot)
      this.inFlightAtReport = this.inFlight
      this.healthy = true
    } catch {
      this.healthy = false
    }
  }
}

/**
 * The workers of the register and those given by address, polled in the background. Knows who is ready, what they
 * serve, and who should be next. One that leaves the register stays for as long as it answers or is in use: a lease may
 * run out where only the database is slow.
 */
export class WorkerPool {
  private readonly byUrl = new Map<string, PooledWorker>()
  private readonly known = new Map<string, Model>()
  private readonly toolCallForms = new Map<string, ToolCallFormName>()
  private members: ReadonlySet<string>
  private timer: NodeJS.Timeout | undefined
  private closed = false

  constructor(private readonly options: PoolOptions) {
    this.members = new Set(options.urls)
    for (const url of this.members) this.byUrl.set(url, new PooledWorker(url, options))
  }

  get workers(): readonly PooledWorker[] {
    return [...this.byUrl.values()]
  }

  /** Who is in the register now; resolves when those that are new were asked once. */
  async follow(urls: readonly string[]): Promise<void> {
    this.members = new Set([...this.options.urls, ...urls])
    const joining = [...this.members].filter((url) => !this.byUrl.has(url))
    for (const url of joining) this.byUrl.set(url, new PooledWorker(url, this.options))
    if (!this.polling) return
    await Promise.all(joining.map((url) => this.refresh(url)))
  }

  private get polling(): boolean {
    return this.timer !== undefined && !this.closed
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
    return this.known
  }

  /** How a model writes calls of tools; undefined for one that can't be told of any, or that nobody knows. */
  toolCallFormOf(model: string): ToolCallFormName | undefined {
    return this.toolCallForms.get(model)
  }

  /**
   * The worker for a tenant's next call. One whose last call broke is asked only when no other is left: it may have
   * restarted since. With `mustBeWell` it has to have answered since then.
   */
  choose(
    tenant: string,
    model: string,
    excluded: ReadonlySet<PooledWorker>,
    { mustBeWell = false } = {},
  ): PooledWorker | null {
    const able = this.workers.filter(
      (worker) => !excluded.has(worker) && worker.status?.ready === true && worker.status.model.id === model,
    )
    const healthy = able.filter((worker) => worker.healthy)
    const candidates = (healthy.length > 0 || mustBeWell ? healthy : able).map((worker) => {
      return { id: worker.url, load: worker.load, capacity: worker.capacity, hot: worker.hasHot(tenant) }
    })
    const chosen = chooseWorker(candidates, tenant)
    return chosen && (this.byUrl.get(chosen.id) ?? null)
  }

  private async poll(): Promise<void> {
    await Promise.all([...this.byUrl.keys()].map((url) => this.refresh(url)))
    if (this.closed) return
    this.timer = setTimeout(() => void this.poll(), this.options.pollMs).unref()
  }

  private async refresh(url: string): Promise<void> {
    const worker = this.byUrl.get(url)
    if (!worker) return
    const wasReady = worker.ready
    await worker.refresh()
    const { logger } = this.options
    if (worker.status) this.learn(worker.status)
    if (worker.ready !== wasReady) {
      if (worker.ready) logger.info({ worker: worker.status?.worker, url }, 'worker ready')
      else logger.warn({ worker: worker.status?.worker, url }, 'worker not ready')
    }
    if (worker.healthy || worker.inFlight > 0 || this.members.has(url)) return
    this.byUrl.delete(url)
    await worker.client.close()
    logger.info({ worker: worker.status?.worker, url }, 'worker left')
  }

  private learn(status: WorkerStatus): void {
    const { id, toolCallForm } = status.model
    this.known.set(id, toModel(status))
    if (toolCallForm) this.toolCallForms.set(id, toolCallForm)
    else this.toolCallForms.delete(id)
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
