import { chooseWorker } from '@foretoken/policy'
import type { Model, TargetIdentity, ToolCallFormName, WorkerStatus } from '@foretoken/protocol'
import { WorkerClient } from '@foretoken/protocol/client'
import type { Logger } from '@foretoken/telemetry'
import { Turns } from './turns.ts'

interface PoolOptions {
  /** Known whatever the register says. */
  readonly urls: readonly string[]
  readonly clusterSecret: string
  readonly clusterCa?: Buffer
  readonly pollMs: number
  readonly silenceMsMax: number
  readonly logger: Logger
}

/** What the register says of a worker. */
export interface AnnouncedWorker {
  readonly url: string
  /** It takes nothing more. */
  readonly draining: boolean
  /** Requests that ran or waited there a moment ago; null where it does not say. */
  readonly load: number | null
}
/** Without a fingerprint: whatever weights there are. */
export type WantedTarget = Pick<TargetIdentity, 'name'> & Partial<TargetIdentity>

/** One worker as this gateway sees it. */
export class PooledWorker {
  readonly client: WorkerClient
  /** What it last said of itself; null before the first answer. Kept when it vanishes: its model still exists. */
  status: WorkerStatus | null = null
  /** False when it didn't answer, or when a call to it broke since it last did. */
  healthy = false
  inFlight = 0
  private draining = false
  private reported = 0
  private reportedMs = 0
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
    return this.inFlight + Math.max(0, this.reported - this.inFlightAtReport)
  }

  get ready(): boolean {
    return this.healthy && this.admits
  }

  /** As far as it said, well or not. */
  get admits(): boolean {
    return this.status?.ready === true && !this.draining
  }

  /** What it serves, as far as it said. */
  get target(): TargetIdentity | null {
    return this.status && { name: this.status.model.id, fingerprint: this.status.model.fingerprint }
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
      this.report(this.status.running + this.status.waiting)
      this.healthy = true
    } catch {
      this.healthy = false
    }
  }

  /** What the register says, if anything: where many workers take turns to be asked, it knows their loads better. */
  heard(announced: AnnouncedWorker | null): void {
    this.draining = announced?.draining === true
    const load = announced?.load ?? null
    if (load !== null && performance.now() - this.reportedMs > REGISTER_MS) this.report(load)
  }

  private report(load: number): void {
    this.reported = load
    this.reportedMs = performance.now()
    this.inFlightAtReport = this.inFlight
  }
}

/** What a worker said itself within this time is newer than what the register says of it. */
const REGISTER_MS = 1_000
/** In one round: 200 a second take 3 % of a gateway's processor time, however many workers there are. */
const ASKED_AT_ONCE_MAX = 100

/**
 * The workers of the register and those given by address, polled in the background. Knows who is ready, what they
 * serve, and who should be next. One that leaves the register stays for as long as it answers or is in use: a lease may
 * run out where only the database is slow.
 */
export class WorkerPool {
  private readonly byUrl = new Map<string, PooledWorker>()
  private readonly known = new Map<string, Model>()
  private readonly turns = new Turns(ASKED_AT_ONCE_MAX)
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
  async follow(announced: readonly AnnouncedWorker[]): Promise<void> {
    this.members = new Set([...this.options.urls, ...announced.map(({ url }) => url)])
    const joining = [...this.members].filter((url) => !this.byUrl.has(url))
    for (const url of joining) this.byUrl.set(url, new PooledWorker(url, this.options))
    // Of two at one address the later is the one that serves there.
    const heard = new Map(announced.map((worker) => [worker.url, worker]))
    for (const worker of this.workers) worker.heard(heard.get(worker.url) ?? null)
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
   * The worker for a tenant's next call, among those that have the target: any of the name, or one of a fingerprint.
   * One whose last call broke is asked only when no other is left: it may have restarted since. With `mustBeWell` it
   * has to have answered since then.
   */
  choose(
    tenant: string,
    target: WantedTarget,
    excluded: ReadonlySet<PooledWorker>,
    { mustBeWell = false } = {},
  ): PooledWorker | null {
    const able = this.workers.filter((worker) => !excluded.has(worker) && worker.admits && hasTarget(worker, target))
    const healthy = able.filter((worker) => worker.healthy)
    const candidates = (healthy.length > 0 || mustBeWell ? healthy : able).map((worker) => {
      return { id: worker.url, load: worker.load, capacity: worker.capacity, hot: worker.hasHot(tenant) }
    })
    const chosen = chooseWorker(candidates, tenant)
    return chosen && (this.byUrl.get(chosen.id) ?? null)
  }

  private async poll(): Promise<void> {
    const due = this.turns.take([...this.byUrl.keys()], (url) => this.byUrl.get(url)?.healthy === true)
    await Promise.all([...due].map((url) => this.refresh(url)))
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

function hasTarget({ target }: PooledWorker, wanted: WantedTarget): boolean {
  const { name, fingerprint = target?.fingerprint } = wanted
  return target?.name === name && target.fingerprint === fingerprint
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
