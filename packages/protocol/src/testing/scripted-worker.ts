import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { json } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { encodeFrame } from '../frames.ts'
import {
  ALIVE_MS,
  detokenizeCallSchema,
  type GenerateCall,
  generateCallSchema,
  type MetricFamily,
  tokenizeCallSchema,
  type WorkerStatus,
} from '../rpc.ts'
import { SCRIPTED_WEIGHTS, type Script, wordsScript } from './scripts.ts'

export interface ScriptedWorkerOptions {
  readonly name?: string
  readonly script?: Script
  /** What it says of its model beside the usual. */
  readonly model?: Partial<WorkerStatus['model']>
  readonly metrics?: readonly MetricFamily[]
}

/**
 * A worker over real HTTP whose answers a test writes. It passes the same conformance suite as a real one; its
 * fields are open so that a test can change them at any time.
 */
export class ScriptedWorker {
  static readonly clusterSecret = 'scripted-cluster-secret'
  readonly calls: GenerateCall[] = []
  /** Calls whose connection closed before their end. */
  cancelled = 0
  running = 0
  private readonly words: string[] = []
  ready = true
  script: Script
  /** Of what it serves; a test that changes it lets its weights change. */
  fingerprint: string
  url = ''
  private readonly server = createServer((req, res) => void this.answer(req, res))

  constructor(private readonly options: ScriptedWorkerOptions = {}) {
    this.script = options.script ?? wordsScript
    this.fingerprint = options.model?.fingerprint ?? SCRIPTED_WEIGHTS
  }

  static async start(options: ScriptedWorkerOptions = {}): Promise<ScriptedWorker> {
    const worker = new ScriptedWorker(options)
    await worker.listen(0)
    return worker
  }

  async listen(port: number): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(port, '127.0.0.1', resolve))
    const address = this.server.address()
    if (typeof address === 'object' && address) this.url = `http://127.0.0.1:${address.port}`
  }

  /** Vanishes: open connections break, new ones are refused. */
  async close(): Promise<void> {
    this.server.closeAllConnections()
    await new Promise((resolve) => this.server.close(resolve))
  }

  get status(): WorkerStatus {
    return {
      worker: this.options.name ?? 'wrk_scripted',
      ready: this.ready,
      model: {
        id: 'scripted',
        created: 1_700_000_000,
        contextLength: 512,
        ...this.options.model,
        fingerprint: this.fingerprint,
      },
      running: this.running,
      waiting: 0,
      capacity: 16,
      hot: [...new Set(this.calls.map(({ tenant }) => tenant))].reverse(),
    }
  }

  private async answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    if (req.headers.authorization !== `Bearer ${ScriptedWorker.clusterSecret}`) {
      return decline(res, 401, 'invalid_value', 'wrong cluster secret')
    }
    if (req.url === '/rpc/v1/status') return sendJson(res, 200, this.status)
    if (req.url === '/rpc/v1/metrics') return sendJson(res, 200, this.options.metrics ?? [])
    const body: unknown = await json(req).catch(() => null)
    if (req.url === '/rpc/v1/tokenize') return this.tokenize(body, res)
    if (req.url === '/rpc/v1/detokenize') return this.detokenize(body, res)
    const call = generateCallSchema.safeParse(body)
    if (!call.success) return decline(res, 400, 'internal', 'not a call of version 1')
    if (call.data.model !== this.status.model.id) return decline(res, 404, 'model_not_found', 'another model')
    if (call.data.fingerprint !== this.fingerprint) return decline(res, 409, 'target_changed', 'other weights')
    await this.play(call.data, res)
  }

  /** Its tokens are words, numbered as they come. */
  private tokenize(body: unknown, res: ServerResponse): void {
    const { input } = tokenizeCallSchema.parse(body)
    const text = input.kind === 'text' ? input.text : input.messages.map(({ content }) => content).join(' ')
    const spellings = text.match(/\s*\S+(?:\s+$)?/g) ?? []
    for (const word of spellings) if (!this.words.includes(word)) this.words.push(word)
    sendJson(res, 200, { tokens: spellings.map((word) => this.words.indexOf(word)), spellings })
  }

  private detokenize(body: unknown, res: ServerResponse): void {
    const words = detokenizeCallSchema.parse(body).tokens.map((token) => this.words[token])
    const unknown = words.indexOf(undefined)
    if (unknown < 0) sendJson(res, 200, { text: words.join('') })
    else
      sendJson(res, 400, { error: { code: 'invalid_value', message: 'no such token.', param: `tokens[${unknown}]` } })
  }

  private async play(call: GenerateCall, res: ServerResponse): Promise<void> {
    this.calls.push(call)
    this.running++
    const hangUp = new AbortController()
    res.on('close', () => hangUp.abort())
    res.writeHead(200, { 'content-type': 'application/x-ndjson' }).flushHeaders()
    let alive: NodeJS.Timeout | undefined
    try {
      for await (const act of this.script(call, hangUp.signal)) {
        if (hangUp.signal.aborted) break
        if (act.type === 'crash') await crash(res)
        else if (act.type === 'hang') clearInterval(alive)
        else res.write(act.type === 'raw' ? act.bytes : encodeFrame(act))
        if (act.type === 'start') alive = setInterval(() => res.write(encodeFrame({ type: 'alive' })), ALIVE_MS)
      }
    } catch (error) {
      if (!hangUp.signal.aborted) throw error
    } finally {
      clearInterval(alive)
      this.running--
      if (hangUp.signal.aborted && !res.writableFinished) this.cancelled++
      res.end()
    }
  }
}

/** Breaks the connection once what was written has arrived. */
async function crash(res: ServerResponse): Promise<void> {
  await sleep(20)
  res.destroy()
}

function sendJson(res: ServerResponse, status: number, body: unknown): void {
  res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

function decline(res: ServerResponse, status: number, code: string, message: string): void {
  sendJson(res, status, { error: { code, message, param: null } })
}
