import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

/**
 * Measures the reading bandwidth of memory, the floor under plain decoding: every step reads all weights.
 *
 * Each thread scans its own part of a buffer with memchr (Buffer.indexOf of a byte that is not there), which libc runs
 * with the widest vector loads. The threads sleep between measurements, so that other work can be timed in turns.
 */
export class BandwidthMeter {
  private constructor(
    private readonly bytes: number,
    private readonly workers: readonly Worker[],
  ) {}

  static async start(bytes: number, threads: number): Promise<BandwidthMeter> {
    const workerData = { bytes: Math.floor(bytes / threads) }
    const workers = Array.from({ length: threads }, () => new Worker(SCANNER, { eval: true, workerData }))
    await Promise.all(workers.map(answer))
    return new BandwidthMeter(bytes, workers)
  }

  /** Bytes per second over REPEATS scans of the whole buffer. */
  async measure(): Promise<number> {
    const done = Promise.all(this.workers.map(answer))
    const started = performance.now()
    for (const worker of this.workers) worker.postMessage('scan')
    await done
    return (this.bytes * REPEATS * 1000) / (performance.now() - started)
  }

  async close(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.terminate()))
  }
}

const answer = (worker: Worker) => once(worker, 'message')

/** Scans per message, so that the message costs nothing against them. */
const REPEATS = 8

const SCANNER = `
const { parentPort, workerData } = require('node:worker_threads')
const memory = Buffer.alloc(workerData.bytes, 1)
parentPort.on('message', () => {
  for (let i = 0; i < ${REPEATS}; i++) if (memory.indexOf(0) !== -1) throw new Error('the buffer holds no zero')
  parentPort.postMessage('done')
})
parentPort.postMessage('ready')
`
