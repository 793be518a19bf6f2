import { afterEach, describe, expect, it } from 'vitest'
import type { GenerateCall } from '../rpc.ts'
import { exampleCall, type Script, ScriptedWorker, wordsScript } from '../testing/index.ts'
import { describeWorkerConformance } from '../testing/worker-conformance.ts'
import { WorkerClient, WorkerDeclined, WorkerLost } from './worker-client.ts'

describeWorkerConformance('the scripted worker', async () => {
  const worker = await ScriptedWorker.start({ script: (call, signal) => wordsScript(call, signal, 1) })
  return { url: worker.url, clusterSecret: ScriptedWorker.clusterSecret, close: () => worker.close() }
})

const start = { type: 'start', worker: 'wrk_scripted', promptTokens: 3 } as const

describe('a client of a worker that breaks the contract', () => {
  let worker: ScriptedWorker | null = null
  afterEach(async () => await worker?.close())

  async function callWith(script: Script, options: { frameBytesMax?: number; silenceMsMax?: number } = {}) {
    worker = await ScriptedWorker.start({ script })
    const client = new WorkerClient({ url: worker.url, clusterSecret: ScriptedWorker.clusterSecret, ...options })
    const call: GenerateCall = exampleCall('scripted')
    const seen: string[] = []
    try {
      for await (const frame of client.generate(call, new AbortController().signal)) seen.push(frame.type)
      return { seen, error: null }
    } catch (error) {
      return { seen, error }
    } finally {
      await client.close()
    }
  }

  it('reports a connection that breaks in the middle as lost', async () => {
    const { seen, error } = await callWith(async function* () {
      yield start
      yield { type: 'crash' }
    })
    expect(seen).toEqual(['start'])
    expect(error).toBeInstanceOf(WorkerLost)
  })

  it('reports an answer without an end as lost', async () => {
    const { error } = await callWith(async function* () {
      yield start
    })
    expect(error).toBeInstanceOf(WorkerLost)
  })

  it('reports garbage as lost, and quotes none of it', async () => {
    const { error } = await callWith(async function* () {
      yield { type: 'raw', bytes: '{"type":"start","secret prompt":1}\n' }
    })
    expect(error).toBeInstanceOf(WorkerLost)
    expect(String(error)).not.toContain('secret prompt')
  })

  it('bounds the size of a frame', async () => {
    const { error } = await callWith(
      async function* () {
        yield { type: 'raw', bytes: 'x'.repeat(5_000) }
      },
      { frameBytesMax: 1_000 },
    )
    expect(String(error)).toContain('larger than 1000 bytes')
  })

  it('gives up on a worker that stays silent', async () => {
    const { error } = await callWith(
      async function* (_, signal) {
        yield start
        yield { type: 'hang' }
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
      },
      { silenceMsMax: 200 },
    )
    expect(error).toBeInstanceOf(WorkerLost)
  })

  it('hands an error frame on as the worker said it', async () => {
    const { seen, error } = await callWith(async function* () {
      yield { type: 'error', error: { code: 'overloaded', message: 'the queue is full', param: null } }
    })
    expect(seen).toEqual([])
    expect(error).toBeInstanceOf(WorkerDeclined)
  })

  it('reports a refused connection as lost', async () => {
    const client = new WorkerClient({ url: 'http://127.0.0.1:9', clusterSecret: 'x' })
    await expect(client.status()).rejects.toBeInstanceOf(WorkerLost)
  })
})
