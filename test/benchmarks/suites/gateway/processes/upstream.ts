/**
 * What every contender stands before: a worker for ours, OpenAI's API for the others, in one process. Its bytes are
 * made once, so that it costs as little as a server of node:http can. It is never silent for so long that it would owe
 * a sign of life.
 */

import { createServer, type ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import type { WorkerStatus } from '@foretoken/protocol'
import { SCRIPTED_WEIGHTS } from '@foretoken/protocol/testing'
import { z } from 'zod'
import { MODEL, openAiBody, openAiPieces, workerPieces } from './answers.ts'

const frames = { type: 'application/x-ndjson', pieces: workerPieces() }
const events = { type: 'text/event-stream', pieces: openAiPieces() }
const whole = { type: 'application/json', pieces: [openAiBody()] }
const STREAMS = Buffer.from('"stream":true')

const status: WorkerStatus = {
  worker: 'wrk_bench',
  ready: true,
  model: { id: MODEL, fingerprint: SCRIPTED_WEIGHTS, created: 1_700_000_000, contextLength: 4_096 },
  running: 0,
  waiting: 0,
  capacity: 1_024,
  hot: [],
}

let paceMs = 0
const orderSchema = z.strictObject({ paceMs: z.number().nonnegative() })
process.on('message', (message) => {
  paceMs = orderSchema.parse(message).paceMs
  process.send?.({ type: 'paced' })
})
process.on('disconnect', () => process.exit())

const server = createServer(async (req, res) => {
  if (req.url === '/rpc/v1/status') return sendJson(res, status)
  if (req.method === 'GET') return sendJson(res, [])
  const body = await buffer(req)
  if (req.url === '/rpc/v1/generate') return answer(res, frames)
  return answer(res, body.includes(STREAMS) ? events : whole)
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (typeof address === 'object' && address) {
    process.send?.({ type: 'ready', url: `http://127.0.0.1:${address.port}` })
  }
})

async function answer(res: ServerResponse, { type, pieces }: { type: string; pieces: readonly Buffer[] }) {
  res.writeHead(200, { 'content-type': type })
  if (paceMs === 0) return res.end(Buffer.concat(pieces))
  for (const piece of pieces) {
    if (res.destroyed) return
    res.write(piece)
    await sleep(paceMs)
  }
  res.end()
}

function sendJson(res: ServerResponse, body: unknown): void {
  res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
