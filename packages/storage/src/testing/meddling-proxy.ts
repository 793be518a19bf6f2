import { createServer, type IncomingHttpHeaders, request } from 'node:http'
import { Transform } from 'node:stream'
import { onTestFinished } from 'vitest'

export interface Meddling {
  /** Changes a request's headers on the way to the server. */
  readonly rewrite?: (headers: IncomingHttpHeaders, method: string) => void
  /** Whether the answer to the nth request with this method, from 0, is lost on the way back. */
  readonly lose?: (method: string, nth: number, url: string) => boolean
  /** Whether a byte of the nth request's body, or of its answer's, is changed on the way. */
  readonly flip?: (what: 'request' | 'answer', method: string, nth: number) => boolean
  /** What the server is made to say to the nth request instead of being asked. */
  readonly answer?: (method: string, nth: number, url: string) => { status: number; body: string } | undefined
}

/** A proxy before `endpoint` that does what networks and lesser servers do. It ends with the running test. */
export async function meddlingProxy(endpoint: string, { rewrite, lose, flip, answer }: Meddling): Promise<string> {
  const counts = new Map<string, number>()
  const proxy = createServer((incoming, outgoing) => {
    const { method = 'GET', headers, url = '/' } = incoming
    const nth = counts.get(method) ?? 0
    counts.set(method, nth + 1)
    rewrite?.(headers, method)
    const instead = answer?.(method, nth, url)
    if (instead) {
      incoming.resume().once('end', () => outgoing.writeHead(instead.status).end(instead.body))
      return
    }
    const onward = request(`${endpoint}${url}`, { method, headers }, (answered) => {
      if (lose?.(method, nth, url)) {
        answered.resume().once('end', () => incoming.socket.destroy())
        return
      }
      outgoing.writeHead(answered.statusCode ?? 502, answered.headers)
      if (flip?.('answer', method, nth)) answered.pipe(flipFirstByte()).pipe(outgoing)
      else answered.pipe(outgoing)
    })
    onward.on('error', () => incoming.socket.destroy())
    if (flip?.('request', method, nth)) incoming.pipe(flipFirstByte()).pipe(onward)
    else incoming.pipe(onward)
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    proxy.closeAllConnections()
    proxy.close()
  })
  const address = proxy.address()
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port')
  return `http://127.0.0.1:${address.port}`
}

function flipFirstByte(): Transform {
  let flipped = false
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      if (!flipped) chunk[0] = (chunk[0] ?? 0) ^ 1
      flipped = true
      done(null, chunk)
    },
  })
}
