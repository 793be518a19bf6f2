import { request } from 'node:https'
import { text } from 'node:stream/consumers'
import { generate } from 'selfsigned'
import { afterEach, describe, expect, it } from 'vitest'
import { chat, PATH } from './routes/chat-completions/example.ts'
import { Harness, KEY } from './testing/harness.ts'

let gateway: Harness
afterEach(() => gateway.close())

describe('a gateway with a certificate', () => {
  it('speaks HTTPS, streams over it, and nothing else', async () => {
    const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], { keySize: 2048 })
    gateway = await Harness.start({ config: { tls: { cert: Buffer.from(cert), key: Buffer.from(key) } } })
    expect(gateway.url).toMatch(/^https:/)
    const body = await post(cert, JSON.stringify({ ...chat, stream: true }))
    expect(body).toMatch(/data: \[DONE\]\n\n$/)
    await expect(fetch(gateway.url.replace('https', 'http'))).rejects.toThrow()
    await expect(fetch(gateway.url)).rejects.toThrow()
  })
})

describe('a gateway on a port that is taken', () => {
  it('says so instead of starting', async () => {
    gateway = await Harness.start()
    const port = Number(new URL(gateway.url).port)
    await expect(Harness.start({ config: { port } })).rejects.toThrow('EADDRINUSE')
  })
})

function post(ca: string, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' }
    const req = request(`${gateway.url}${PATH}`, { method: 'POST', ca, servername: 'localhost', headers }, (res) => {
      text(res).then(resolve, reject)
    })
    req.on('error', reject).end(body)
  })
}
