/** Supervises one fixture service, prints its URL and waits: for tests that kill a supervisor. */
import { fileURLToPath } from 'node:url'
import { startService } from '../child.ts'

const service = await startService(
  {
    name: 'fixture',
    entry: fileURLToPath(new URL('service.ts', import.meta.url)),
    env: { FORETOKEN_EXIT_GRACE_MS: '200' },
    log: () => undefined,
    readyWithinMs: 20_000,
    stopWithinMs: 5_000,
  },
  new AbortController().signal,
)
console.log(service.url)
