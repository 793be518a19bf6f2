import { createServer, type IncomingHttpHeaders, request } from 'node:http'
import { onTestFinished } from 'vitest'

export interface Meddling {
  /** Changes a request's headers on the way to the server. */
  readonly rewrite?: (headers: IncomingHttpHeaders) => void
  /** Whether the answer to the nth request with this method, from 0, is lost on the way back. */
  readonly lose?: (method: string, nth: number) => boolean
}

/** A proxy before `endpoint` that does what networks and lesser servers do. It ends with the running test. */
export async function meddlingProxy(endpoint: string, { rewrite, lose }: Meddling): Promise<string> {
  const counts = new Map<string, number>()
  const proxy = createServer((incoming, outgoing) => {
    const { method = 'GET', headers, url } = incoming
    const nth = counts.get(method) ?? 0
    counts.set(method, nth + 1)
    rewrite?.(headers)
    const onward = request(`${endpoint}${url}`, { method, headers }, (answer) => {
      if (lose?.(method, nth)) {
        answer.resume().once('end', () => incoming.socket.destroy())
        return
      }
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    onward.on('error', () => incoming.socket.destroy())
    incoming.pipe(onward)
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
