import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { afterEach, expect, it } from 'vitest'
import { sendAll } from './load.ts'

let close = () => {}
afterEach(() => close())

async function send(answer: RequestListener, arrivals: readonly number[]) {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  close = () => {
    server.closeAllConnections()
    server.close()
  }
  const address = server.address()
  if (typeof address !== 'object' || !address) throw new TypeError('not a TCP server')
  const url = `http://127.0.0.1:${address.port}`
  return sendAll({ url, path: '/', headers: {}, body: '{}', ending: '[DONE]' }, arrivals)
}

it('only an answer that has its end counts', async () => {
  let asked = 0
  const load = await send(
    (_, res) => {
      const turn = asked++
      if (turn === 1) res.writeHead(500).end('[DONE]')
      else if (turn === 2) res.end('[DO')
      else if (turn === 3) res.destroy()
      else {
        res.write('[DO')
        setImmediate(() => res.end('NE]'))
      }
    },
    [0, 1, 2, 3, 4],
  )
  expect(load).toMatchObject({ requests: 5, failed: 3, unanswered: 0 })
  expect(load.latencyMs.p50).toBeGreaterThan(0)
})

it('who never answers is left in the end, and named', async () => {
  const load = await send(() => {}, [0, 1])
  expect(load).toMatchObject({ requests: 2, failed: 0, leftOpen: 2, unanswered: 2 })
})
