import { createHash } from 'node:crypto'
import { ApiError } from '@foretoken/protocol'
import type { Logger } from '@foretoken/telemetry'
import type { Claim, Store, StoredAnswer } from '../store.ts'
import { within } from '../within.ts'

/** One attempt at a request, and what makes it the same as an earlier one. */
export interface Run {
  readonly requestId: string
  readonly seed: string
  readonly attempt: number
  readonly createdAt: Date
  /** Whether it goes on when its client leaves, since that may come back for the answer. */
  readonly detached: boolean
  /** To be called once: what who asks again is to have; null where that is to be computed anew. */
  end(answer: StoredAnswer | null): void
}

export interface NamedRequest {
  readonly tenantId: string
  /** As the client sent it; undefined: the request has none. */
  readonly name: string | undefined
  readonly endpoint: string
  readonly body: string
  /** What it is run under when nobody began it before. */
  readonly requestId: string
  readonly seed: string
}

interface Options {
  readonly gatewayId: string
  readonly databaseMsMax: number
  readonly leaseMs: number
  readonly renewMs: number
  readonly keptMs: number
  readonly bytesMax: number
}

const NAME = /^[\x20-\x7e]{1,255}$/

/**
 * Requests that a tenant named by an `Idempotency-Key`: one who asks again, with the same body, has the same answer and
 * pays once. While it runs, who asks again is told to wait; one whose gateway was lost is computed anew under the same
 * id and seed, to the same text and one bill.
 */
export class Idempotency {
  private readonly running = new Set<object>()
  private readonly ending = new Set<Promise<void>>()
  private readonly timer: NodeJS.Timeout

  constructor(
    private readonly store: Pick<Store, 'claim' | 'endIdempotent' | 'renewClaims'>,
    private readonly logger: Logger,
    private readonly options: Options,
  ) {
    this.timer = setInterval(() => void this.renew(), options.renewMs).unref()
  }

  /** The attempt to run, or the answer that there is. Throws the ApiError of a name that means something else. */
  async begin(request: NamedRequest): Promise<Run | { answer: StoredAnswer; requestId: string }> {
    const { name, tenantId, requestId, seed } = request
    if (name === undefined)
      return { requestId, seed, attempt: 1, createdAt: new Date(), detached: false, end: () => {} }
    if (!NAME.test(name)) {
      const values = { name: 'Idempotency-Key', reason: 'expected 1 to 255 printable ASCII characters.' }
      throw new ApiError('invalid_value', { values })
    }
    const keyHash = sha256(name)
    const claim = await this.claim({ tenantId, keyHash, requestHash: hashOf(request), requestId, seed })
    switch (claim.outcome) {
      case 'mismatch':
        throw new ApiError('idempotency_mismatch', { values: {} })
      case 'running':
        throw new ApiError('idempotency_in_progress', { values: {} })
      case 'answered':
        return claim
      case 'run':
        return this.run(claim, { tenantId, keyHash, attempt: claim.attempt })
    }
  }

  /** Waits until what has ended is written down, as long as the database may take: else it is computed anew. */
  async close(): Promise<void> {
    clearInterval(this.timer)
    await within(this.options.databaseMsMax, Promise.all(this.ending)).catch((err: unknown) => {
      this.logger.warn({ err, answers: this.ending.size }, 'answers not kept')
    })
  }

  private run(
    claim: Extract<Claim, { outcome: 'run' }>,
    request: { tenantId: string; keyHash: Buffer; attempt: number },
  ): Run {
    const token = {}
    this.running.add(token)
    const { outcome: _, ...names } = claim
    return {
      ...names,
      detached: true,
      end: (answer) => {
        if (!this.running.delete(token)) return
        const kept = answer && answer.body.byteLength <= this.options.bytesMax ? answer : null
        const ending: Promise<void> = this.store
          .endIdempotent(request, this.options.gatewayId, kept)
          .catch((err: unknown) => this.logger.warn({ err, requestId: claim.requestId }, 'answer not kept'))
          .finally(() => this.ending.delete(ending))
        this.ending.add(ending)
      },
    }
  }

  private async claim(request: Parameters<Store['claim']>[0]): Promise<Claim> {
    const { databaseMsMax, gatewayId, leaseMs, keptMs } = this.options
    try {
      return await within(databaseMsMax, this.store.claim(request, gatewayId, { leaseMs, keptMs }))
    } catch (cause) {
      throw new ApiError('idempotency_unavailable', { values: {}, internal: 'nobody knows who runs it', cause })
    }
  }

  private async renew(): Promise<void> {
    if (this.running.size === 0) return
    try {
      await this.store.renewClaims(this.options.gatewayId, this.options.leaseMs)
    } catch (err) {
      this.logger.warn({ err }, 'idempotency keys not renewed')
    }
  }
}

function hashOf({ endpoint, body }: NamedRequest): Buffer {
  return sha256(`${endpoint}\n${body}`)
}

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest()
