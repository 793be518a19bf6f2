import { PassThrough } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { ScriptedWorker, type ScriptedWorkerOptions } from '@foretoken/protocol/testing'
import { createLogger, createRegistry, Lifecycle } from '@foretoken/telemetry'
import OpenAI from 'openai'
import { DEFAULT_LIMITS, type GatewayConfig, type Limits } from '../config.ts'
import { type GatewayParts, startGateway } from '../gateway.ts'
import type { Services } from '../services.ts'
import type { AuthenticatedKey, Store } from '../store.ts'
import { MemoryStore } from './memory-store.ts'

export const KEY = 'ftk_test1234567890'
export const TENANT: AuthenticatedKey = {
  keyId: 'key_test',
  scopes: ['inference', 'usage:read', 'speculator:manage'],
  validForMs: null,
  tenantId: 'ten_test',
  tenantName: 'test',
  learning: true,
  forgottenAt: null,
  weight: 1,
  bounds: 'none',
  adapters: [],
  canaries: [],
}

interface HarnessOptions {
  readonly workers?: readonly ScriptedWorkerOptions[]
  readonly store?: Store
  readonly limits?: Partial<Limits>
  readonly config?: Partial<GatewayConfig>
  readonly followTenants?: GatewayParts['followTenants']
  readonly management?: GatewayParts['management']
}

/** A whole gateway over real HTTP with scripted workers behind it. */
export class Harness {
  private readonly log: string[] = []

  private constructor(
    readonly url: string,
    readonly workers: readonly ScriptedWorker[],
    readonly memory: MemoryStore,
    readonly services: Services,
    sink: PassThrough,
  ) {
    sink.on('data', (line: Buffer) => this.log.push(line.toString()))
  }

  static async start(options: HarnessOptions = {}): Promise<Harness> {
    const workers = await Promise.all((options.workers ?? [{}]).map((worker) => ScriptedWorker.start(worker)))
    const memory = new MemoryStore()
    memory.keys.set(KEY, TENANT)
    const sink = new PassThrough()
    const logger = createLogger('gateway', 'trace', sink)
    const config: GatewayConfig = {
      host: '127.0.0.1',
      port: 0,
      workerUrls: workers.map((worker) => worker.url),
      clusterSecret: ScriptedWorker.clusterSecret,
      tls: null,
      metricsToken: null,
      limits: { ...DEFAULT_LIMITS, workerPollMs: 50, ...options.limits },
      ...options.config,
    }
    const lifecycle = new Lifecycle({ logger })
    const store = options.store ?? memory
    const { url, services } = await startGateway({
      id: 'gtw_test',
      config,
      logger,
      lifecycle,
      registry: createRegistry(),
      store,
      ...(options.management && { management: options.management }),
      ...(options.followTenants && { followTenants: options.followTenants }),
    })
    return new Harness(url, workers, memory, services, sink)
  }

  /** Everything logged so far. */
  get logs(): string {
    return this.log.join('')
  }

  get worker(): ScriptedWorker {
    const [worker] = this.workers
    if (!worker) throw new TypeError('this gateway has no worker')
    return worker
  }

  get usage() {
    return [...this.memory.usage.values()]
  }

  /** The official client, without its retries. */
  client(apiKey = KEY): OpenAI {
    return new OpenAI({ baseURL: `${this.url}/v1`, apiKey, maxRetries: 0 })
  }

  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json', ...init.headers }
    return fetch(this.url + path, { ...init, headers })
  }

  post(path: string, body: unknown, init: RequestInit = {}): Promise<Response> {
    return this.fetch(path, { ...init, method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) })
  }

  async close(): Promise<void> {
    await this.services.lifecycle.shutdown('test')
    await Promise.all(this.workers.map((worker) => worker.close()))
  }
}

/** Waits for something that happens elsewhere, such as the far end of a connection that closes. */
export async function eventually(check: () => void, withinMs = 5_000): Promise<void> {
  const deadline = performance.now() + withinMs
  for (;;) {
    try {
      return check()
    } catch (error) {
      if (performance.now() > deadline) throw error
      await sleep(5)
    }
  }
}
