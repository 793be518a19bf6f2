import { createServer, request, type Server } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * `fails`: it answers 503. `is slow`: each answer takes seconds. `cuts`: it does what it was asked, and the connection
 * breaks before it says so.
 */
export type StoreFault = 'fails' | 'is slow' | 'cuts'

const SLOW_MS = 2_000

/** An HTTP proxy in front of an object store. */
export class FaultyStore {
  fault: StoreFault | null = null

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(endpoint: string): Promise<FaultyStore> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    if (typeof address !== 'object' || !address) throw new TypeError('no address')
    const store = new FaultyStore(server, `http://127.0.0.1:${address.port}`)
    server.on('request', async (incoming, outgoing) => {
      const { fault } = store
      if (fault === 'is slow') await sleep(SLOW_MS)
      if (fault === 'fails') {
        incoming.resume().once('end', () => outgoing.writeHead(503).end())
        return
      }
      const { method, headers, url } = incoming
      const onward = request(`${endpoint}${url}`, { method, headers }, (answered) => {
        if (fault === 'cuts') answered.resume().once('end', () => incoming.socket.destroy())
        else answered.pipe(outgoing.writeHead(answered.statusCode ?? 502, answered.headers))
      })
      onward.on('error', () => incoming.socket.destroy())
      incoming.on('error', () => onward.destroy()).pipe(onward)
    })
    return store
  }

  async close(): Promise<void> {
    this.server.closeAllConnections()
    await new Promise((resolve) => this.server.close(resolve))
  }
}
