import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { ApiError } from '@foretoken/protocol'
import { afterEach, expect, it } from 'vitest'
import { sendEvents } from './sse.ts'

let close = () => {}
afterEach(() => close())

const limits = { keepAliveMs: 60_000, stallMsMax: 60_000 }

/** Both ends of one answer. */
async function answer(
  texts: AsyncGenerator<string>,
  options: Partial<typeof limits> = {},
): Promise<{ incoming: IncomingMessage; outgoing: ServerResponse; faults: unknown[]; begun: Promise<void> }> {
  const faults: unknown[] = []
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || !address) throw new TypeError('not a TCP server')
  const asked = request({ port: address.port, host: '127.0.0.1' }).end()
  asked.on('error', () => {})
  close = () => {
    asked.destroy()
    server.closeAllConnections()
    server.close()
  }
  const [, outgoing] = await once(server, 'request')
  const begun = sendEvents(texts, { ...limits, ...options, outgoing, onFault: (error) => faults.push(error) })
  const failed = begun.then(
    () => false,
    () => true,
  )
  if (await failed) outgoing.writeHead(503).end()
  const [incoming] = await once(asked, 'response')
  return { incoming, outgoing, faults, begun }
}

async function read(incoming: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of incoming.setEncoding('utf8')) text += chunk
  return text
}

it('every text arrives, in order, and then the end', async () => {
  const { incoming } = await answer(
    (async function* () {
      for (let at = 0; at < 1_000; at++) {
        if (at % 100 === 0) await new Promise(setImmediate)
        yield `${at},`
      }
    })(),
  )
  const numbers = Array.from({ length: 1_000 }, (_, at) => `${at},`).join('')
  expect(await read(incoming)).toBe(`${numbers}data: [DONE]\n\n`)
})

it('silence is filled with comments and loses nothing', async () => {
  let release = () => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  const { incoming } = await answer(
    (async function* () {
      yield 'a'
      await released
      yield 'b'
    })(),
    { keepAliveMs: 5 },
  )
  let text = ''
  for await (const chunk of incoming.setEncoding('utf8')) {
    text += chunk
    if (text.split(': keep-alive\n\n').length > 3) release()
  }
  expect(text.replaceAll(': keep-alive\n\n', '')).toBe('abdata: [DONE]\n\n')
})

it('an error before the first text has a status of its own, one behind it is the last event', async () => {
  const early = await answer(
    // biome-ignore lint/correctness/useYield: it fails before it has a word to say
    (async function* () {
      throw new ApiError('shutting_down', { values: {} })
    })(),
  )
  expect(early.incoming.statusCode).toBe(503)
  const late = await answer(
    (async function* () {
      yield 'a\n\n'
      throw new Error('SECRET')
    })(),
  )
  const text = await read(late.incoming)
  expect(text).toMatch(/^a\n\ndata: \{"error":.*internal_error.*\n\n$/)
  expect(text).not.toContain('SECRET')
  expect(late.faults).toHaveLength(1)
})

it('nothing more is fetched while the client takes nothing, and a client that stays so is left', async () => {
  let fetched = 0
  let ended = false
  const { incoming, outgoing } = await answer(
    (async function* () {
      try {
        for (; fetched < 10_000; fetched++) yield 'x'.repeat(100_000)
      } finally {
        ended = true
      }
    })(),
    { stallMsMax: 50 },
  )
  incoming.pause()
  if (!outgoing.closed) await once(outgoing, 'close')
  await new Promise(setImmediate)
  expect(ended).toBe(true)
  expect(fetched).toBeLessThan(1_000)
})
