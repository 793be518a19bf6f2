import type { Backend, OpenBackend } from './backend.ts'
import { openPostgres } from './postgres.ts'
import { openRedis } from './redis.ts'

/** A queue that can't be opened as things are: its message says what to mend, and holds no password. */
export class QueueError extends Error {
  override readonly name = 'QueueError'
}

const BACKENDS: Readonly<Record<string, OpenBackend>> = {
  'postgres:': openPostgres,
  'postgresql:': openPostgres,
  'redis:': openRedis,
  'rediss:': openRedis,
}

/** @throws QueueError */
export async function openBackend(url: string, name: string, onError: (error: Error) => void): Promise<Backend> {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  const open = parsed && BACKENDS[parsed.protocol]
  if (!open) throw new QueueError('A queue is at postgres://…, redis://… or rediss://…')
  try {
    return await open(url, name, onError)
  } catch (cause) {
    throw new QueueError(`The queue at ${parsed.protocol}//${parsed.host} can't be opened: ${why(cause)}`, { cause })
  }
}

/** Where a host has several addresses and none answers, Node's error says so in its code alone. */
function why(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.message || ('code' in error ? String(error.code) : error.name)
}
