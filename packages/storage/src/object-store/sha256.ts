import { createHash, webcrypto } from 'node:crypto'

/** In hex. Much of it is done on another thread: a worker reads adapters between the steps of its requests. */
export async function sha256(bytes: Uint8Array): Promise<string> {
  if (bytes.length < worthAThread) return createHash('sha256').update(bytes).digest('hex')
  return Buffer.from(await webcrypto.subtle.digest('SHA-256', bytes)).toString('hex')
}

const worthAThread = 64 << 10
