import { Pool } from 'undici'
import { z } from 'zod'
import { readFrames } from '../frames.ts'
import {
  ALIVE_MS,
  type DetokenizeAnswer,
  type DetokenizeCall,
  detokenizeAnswerSchema,
  type Frame,
  type GenerateCall,
  type MetricFamily,
  metricFamilySchema,
  RPC_PREFIX,
  type TokenizeAnswer,
  type TokenizeCall,
  tokenizeAnswerSchema,
  type WorkerError,
  type WorkerStatus,
  workerErrorBodySchema,
  workerStatusSchema,
} from '../rpc.ts'

export interface WorkerClientOptions {
  /** Base address, without the RPC prefix. */
  readonly url: string
  readonly clusterSecret: string
  /** Certificates, PEM, that may have signed the worker's own; absent: those that the system trusts. */
  readonly ca?: Buffer
  readonly connectMsMax?: number
  /** A stream that is silent for longer counts as lost: a worker that is well says so every `ALIVE_MS`. */
  readonly silenceMsMax?: number
  /** Limit for the short answers: all but generation. */
  readonly answerMsMax?: number
  readonly frameBytesMax?: number
}

/** What a worker says that serves a call. */
export type WorkerFrame = Exclude<Frame, { type: 'error' }>

/** Several signs of life; undici looks at its clock about once a second. */
const SILENCE_MS_MAX = 4 * ALIVE_MS

/** The worker answered, and said no. */
export class WorkerDeclined extends Error {
  override readonly name = 'WorkerDeclined'

  constructor(readonly error: WorkerError) {
    super(`${error.code}: ${error.message}`)
  }
}

/** The worker can't be reached, vanished, or answered with something that is not of the contract. */
export class WorkerLost extends Error {
  override readonly name = 'WorkerLost'
}

/**
 * Calls one worker over kept-alive connections. Aborting the signal, or leaving the loop over the frames, closes the
 * connection at once, which is how a worker learns that nobody waits any more. Reading is pulled by the consumer, so a
 * slow consumer slows the worker down instead of filling memory.
 */
export class WorkerClient {
  readonly url: string
  private readonly pool: Pool
  private readonly headers: Readonly<Record<string, string>>

  constructor(private readonly options: WorkerClientOptions) {
    this.url = options.url
    const silenceMs = options.silenceMsMax ?? SILENCE_MS_MAX
    this.pool = new Pool(new URL(options.url).origin, {
      connect: { timeout: options.connectMsMax ?? 2_000, ...(options.ca && { ca: options.ca }) },
      headersTimeout: silenceMs,
      bodyTimeout: silenceMs,
    })
    this.headers = { authorization: `Bearer ${options.clusterSecret}`, 'content-type': 'application/json' }
  }

  /** The frames of one call, one by one. */
  async *generate(call: GenerateCall, signal: AbortSignal): AsyncGenerator<WorkerFrame> {
    for await (const frames of this.generateBatches(call, signal)) yield* frames
  }

  /**
   * The frames of one call, those together that came together, `start` first and `end` last. Throws WorkerDeclined for
   * the worker's own errors and WorkerLost for everything else, except the signal's reason when that was aborted.
   */
  async *generateBatches(call: GenerateCall, signal: AbortSignal): AsyncGenerator<readonly WorkerFrame[]> {
    try {
      const answer = await this.request('POST', '/generate', signal, JSON.stringify(call))
      if (answer.statusCode !== 200) throw await declined(answer.body)
      for await (const frames of readFrames(answer.body, this.options.frameBytesMax)) {
        const said = frames.filter((frame) => frame.type !== 'error')
        if (said.length > 0) yield said
        const refusal = frames.find((frame) => frame.type === 'error')
        if (refusal) throw new WorkerDeclined(refusal.error)
      }
    } catch (error) {
      throw explain(error, signal)
    }
  }

  async status(): Promise<WorkerStatus> {
    return this.ask('GET', '/status', workerStatusSchema)
  }

  async metrics(): Promise<MetricFamily[]> {
    return this.ask('GET', '/metrics', z.array(metricFamilySchema))
  }

  async tokenize(call: TokenizeCall): Promise<TokenizeAnswer> {
    return this.ask('POST', '/tokenize', tokenizeAnswerSchema, call)
  }

  async detokenize(call: DetokenizeCall): Promise<DetokenizeAnswer> {
    return this.ask('POST', '/detokenize', detokenizeAnswerSchema, call)
  }

  /** Waits for nothing: calls in flight fail with WorkerLost. */
  async close(): Promise<void> {
    await this.pool.destroy()
  }

  private async ask<Schema extends z.ZodType>(
    method: 'GET' | 'POST',
    path: string,
    schema: Schema,
    call?: TokenizeCall | DetokenizeCall,
  ): Promise<z.output<Schema>> {
    const signal = AbortSignal.timeout(this.options.answerMsMax ?? 2_000)
    try {
      const answer = await this.request(method, path, signal, call && JSON.stringify(call))
      if (answer.statusCode !== 200) throw await declined(answer.body)
      return schema.parse(await answer.body.json())
    } catch (error) {
      if (error instanceof WorkerDeclined) throw error
      throw new WorkerLost(`no valid answer to ${path}`, { cause: error })
    }
  }

  private request(method: 'GET' | 'POST', path: string, signal: AbortSignal, body?: string) {
    const prefix = new URL(this.options.url).pathname.replace(/\/$/, '')
    return this.pool.request({
      method,
      path: `${prefix}${RPC_PREFIX}${path}`,
      headers: this.headers,
      signal,
      body: body ?? null,
    })
  }
}

async function declined(body: { text(): Promise<string> }): Promise<WorkerDeclined | WorkerLost> {
  try {
    return new WorkerDeclined(workerErrorBodySchema.parse(JSON.parse(await body.text())).error)
  } catch {
    return new WorkerLost('an answer of the contract neither in status nor in body')
  }
}

function explain(error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason
  if (error instanceof WorkerDeclined || error instanceof WorkerLost) return error
  const reason = error instanceof Error ? `${error.name}: ${error.message}` : 'unknown'
  return new WorkerLost(`the call broke off (${reason})`, { cause: error })
}
