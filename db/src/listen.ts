import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { DatabaseError } from './errors.ts'

export interface Listening {
  close(): Promise<void>
}

export interface ListenOptions {
  /** Told the payload of a notification; null: some may have been missed, so what they tell of has to be read again. */
  readonly onNotification: (payload: string | null) => void
  readonly onError?: (error: DatabaseError) => void
  /** Pauses between attempts to connect, the last one for all later ones. */
  readonly retryMs?: readonly number[]
}

const RETRY_MS = [50, 250, 1_000]

/**
 * Hears a channel on a connection of its own, for ever: one that breaks is made anew. Notifications are no record, and
 * those sent meanwhile are lost; hence the null after each connect.
 */
export function listen(url: string, channel: string, options: ListenOptions): Listening {
  const stopping = new AbortController()
  let current: pg.Client | undefined
  const running = (async () => {
    let failures = 0
    while (!stopping.signal.aborted) {
      const client = new pg.Client({
        connectionString: url,
        connectionTimeoutMillis: 5_000,
        keepAlive: true,
        application_name: `foretoken listens to ${channel}`,
      })
      current = client
      const broken = new Promise<unknown>((resolve) => {
        client.once('error', resolve)
        client.once('end', () => resolve(undefined))
      })
      // An error after the first one must not end the process.
      client.on('error', () => {})
      client.on('notification', ({ payload }) => options.onNotification(payload ?? ''))
      try {
        // One that is ended while it connects says so by its end alone.
        await Promise.race([client.connect(), broken])
        await client.query(`listen ${client.escapeIdentifier(channel)}`)
        failures = 0
        options.onNotification(null)
        await broken
      } catch (error) {
        if (!stopping.signal.aborted) options.onError?.(DatabaseError.from(`listen to ${channel}`, error))
      }
      await client.end().catch(() => undefined)
      const { retryMs = RETRY_MS } = options
      const pauseMs = retryMs[Math.min(failures++, retryMs.length - 1)] ?? 1_000
      await sleep(pauseMs, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  })()
  return {
    close: async () => {
      stopping.abort()
      await current?.end().catch(() => undefined)
      await running
    },
  }
}
