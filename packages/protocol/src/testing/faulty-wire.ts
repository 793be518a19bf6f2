import { connect, createServer, type Server, type Socket } from 'node:net'

export type WireFault =
  /** The connection is reset. */
  | 'cut'
  /** Nothing passes any more, and nobody is told. */
  | 'hang'
  /** Everything comes late, and in other pieces. */
  | 'late'

/** A TCP proxy in front of a server, which breaks connections at a given byte of the answer to a POST. */
export class FaultyWire {
  /** For each POST: what happens behind how many bytes of its answer; undefined: nothing. */
  next: () => { readonly fault: WireFault; readonly afterBytes: number } | undefined = () => undefined
  private readonly sockets = new Set<Socket>()

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(target: string): Promise<FaultyWire> {
    const { hostname, port } = new URL(target)
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    if (typeof address !== 'object' || !address) throw new TypeError('no address')
    const wire = new FaultyWire(server, `http://127.0.0.1:${address.port}`)
    server.on('connection', (client) => wire.join(client, connect(Number(port), hostname)))
    return wire
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy()
    await new Promise((resolve) => this.server.close(resolve))
  }

  private join(client: Socket, upstream: Socket): void {
    let plan: ReturnType<FaultyWire['next']>
    let passed = 0
    const end = () => {
      client.destroy()
      upstream.destroy()
    }
    for (const socket of [client, upstream]) {
      this.sockets.add(socket)
      socket.on('error', end).on('close', () => {
        this.sockets.delete(socket)
        end()
      })
    }
    client.on('data', (bytes: Buffer) => {
      if (bytes.subarray(0, 4).toString() === 'POST') {
        plan = this.next()
        passed = 0
      }
      upstream.write(bytes)
    })
    upstream.on('data', (bytes: Buffer) => {
      const left = plan ? Math.max(0, plan.afterBytes - passed) : bytes.length
      passed += bytes.length
      if (!plan || left >= bytes.length) return void client.write(bytes)
      client.write(bytes.subarray(0, left))
      if (plan.fault === 'cut') client.resetAndDestroy()
      else if (plan.fault === 'hang') upstream.pause()
      else
        for (const byte of bytes.subarray(left)) setTimeout(() => client.writable && client.write(Buffer.of(byte)), 5)
    })
  }
}
