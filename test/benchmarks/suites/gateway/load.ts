import { setTimeout as sleep } from 'node:timers/promises'
import { type Dispatcher, Pool } from 'undici'
import { quantile } from '../../statistics.ts'
import { CONNECTIONS_MAX, DRAIN_MS_MAX } from './settings.ts'

/** Where requests go, and how a whole answer ends. */
export interface Target {
  readonly url: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly ending: string
}

export interface Latencies {
  readonly p50: number
  readonly p90: number
  readonly p99: number
}

export interface Load {
  readonly requests: number
  /** Answered with an error, or not as far as its end. */
  readonly failed: number
  /** Open when the last request arrived, and after what was left had time to end. */
  readonly leftOpen: number
  readonly unanswered: number
  /** From when each request was due, to the first and to the last byte of its body. */
  readonly firstByteMs: Latencies
  readonly latencyMs: Latencies
  /** How late requests were sent: a generator that is too slow shows here. */
  readonly sentLateMs: Latencies
}

/** Sends each request when it is due, whatever became of those before it, over kept-alive connections. */
export async function sendAll(target: Target, arrivalsMs: readonly number[]): Promise<Load> {
  const pool = new Pool(target.url, { connections: CONNECTIONS_MAX, pipelining: 1 })
  const started = performance.now()
  const now = () => performance.now() - started
  const open = new Set<Promise<void>>()
  const asked: Asked[] = []
  for (const dueMs of arrivalsMs) {
    const waitMs = dueMs - now()
    if (waitMs > 0) await sleep(waitMs)
    const one = new Asked(dueMs, now)
    asked.push(one)
    const answered = one.send(pool, target).finally(() => open.delete(answered))
    open.add(answered)
  }
  const leftOpen = open.size
  await Promise.race([Promise.all(open), sleep(DRAIN_MS_MAX)])
  const load = { ...figuresOf(asked), leftOpen, unanswered: open.size }
  await pool.destroy()
  await Promise.all(open)
  return load
}

function figuresOf(asked: readonly Asked[]): Omit<Load, 'leftOpen' | 'unanswered'> {
  const whole = asked.filter(({ outcome }) => outcome === 'whole')
  return {
    requests: asked.length,
    failed: asked.filter(({ outcome }) => outcome === 'failed').length,
    firstByteMs: latenciesOf(whole.map((each) => each.firstByteMs - each.dueMs)),
    latencyMs: latenciesOf(whole.map((each) => each.endMs - each.dueMs)),
    sentLateMs: latenciesOf(asked.map((each) => each.sentMs - each.dueMs)),
  }
}

function latenciesOf(values: readonly number[]): Latencies {
  return { p50: quantile(values, 0.5), p90: quantile(values, 0.9), p99: quantile(values, 0.99) }
}

/** One request, read by a handler of undici's own: a stream for each answer would cost more than the rest. */
class Asked implements Dispatcher.DispatchHandler {
  readonly sentMs: number
  firstByteMs = Number.NaN
  endMs = Number.NaN
  outcome: 'open' | 'whole' | 'failed' = 'open'
  private status = 0
  private tail: readonly Buffer[] = []
  private ending = ''
  private onDone = () => {}

  constructor(
    readonly dueMs: number,
    private readonly now: () => number,
  ) {
    this.sentMs = now()
  }

  send(pool: Pool, { path, headers, body, ending }: Target): Promise<void> {
    this.ending = ending
    return new Promise((resolve) => {
      this.onDone = resolve
      pool.dispatch({ method: 'POST', path, headers: { ...headers, 'content-type': 'application/json' }, body }, this)
    })
  }

  onRequestStart(): void {}

  onResponseStart(_: unknown, status: number): void {
    this.status = status
  }

  onResponseData(_: unknown, chunk: Buffer): void {
    if (Number.isNaN(this.firstByteMs)) this.firstByteMs = this.now()
    this.tail = [...this.tail.slice(-1), chunk]
  }

  onResponseEnd(): void {
    this.endMs = this.now()
    this.outcome = this.status === 200 && Buffer.concat(this.tail).includes(this.ending) ? 'whole' : 'failed'
    this.onDone()
  }

  onResponseError(): void {
    this.outcome = 'failed'
    this.onDone()
  }
}
