import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

/**
 * Reading bandwidth of memory in bytes per second, the floor under plain decoding: every step reads all weights.
 *
 * Each thread scans its own part of `bytes` with memchr (Buffer.indexOf of a byte that is not there), which libc runs
 * with the widest vector loads. Best of `passes`, since whatever disturbs a pass only makes it slower.
 */
export async function readBandwidth(bytes: number, threads: number, passes = 30): Promise<number> {
  const workers = Array.from(
    { length: threads },
    () => new Worker(SCANNER, { eval: true, workerData: { bytes: Math.floor(bytes / threads) } }),
  )
  const answer = (worker: Worker) => once(worker, 'message')
  await Promise.all(workers.map(answer))
  let best = Number.POSITIVE_INFINITY
  for (let pass = 0; pass < passes; pass++) {
    const done = Promise.all(workers.map(answer))
    const started = performance.now()
    for (const worker of workers) worker.postMessage('scan')
    await done
    best = Math.min(best, (performance.now() - started) / REPEATS)
  }
  await Promise.all(workers.map((worker) => worker.terminate()))
  return bytes / (best / 1000)
}

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
