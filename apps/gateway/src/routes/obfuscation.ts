import { randomBytes } from 'node:crypto'

/** The smallest size of an event, in bytes; others are twice, four times … as large. */
const BYTES_MIN = 256
const FIELD_BYTES = Buffer.byteLength(',"obfuscation":""')

/**
 * A server-sent event of one JSON object, made as long as one of few sizes by a field that means nothing: from outside,
 * what is read of an encrypted stream are sizes, and those of its texts tell what they say (arXiv 2411.01076). Random, so
 * that nothing in between can press it flat again.
 */
export function padded(event: string): string {
  const end = event.lastIndexOf('}')
  const needed = Buffer.byteLength(event) + FIELD_BYTES
  let bytes = BYTES_MIN
  while (bytes < needed) bytes *= 2
  const missing = bytes - needed
  const filling = randomBytes(missing).toString('base64url').slice(0, missing)
  return `${event.slice(0, end)},"obfuscation":"${filling}"${event.slice(end)}`
}
