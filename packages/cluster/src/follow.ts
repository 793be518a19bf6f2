import { type Database, listen, listProcesses, PROCESSES_CHANNEL, type Process } from '@foretoken/db'

export interface Follower {
  close(): Promise<void>
}

export interface FollowOptions {
  readonly db: Database
  readonly databaseUrl: string
  readonly role: Process['role']
  readonly onChange: (processes: readonly Process[]) => void
  readonly onError: (error: unknown) => void
  /** Reads so often without being told: a lease ends silently. */
  readonly everyMs?: number
}

/** Tells of all processes of one role, first when they were read once, then whenever they were read again. */
export async function followProcesses(options: FollowOptions): Promise<Follower> {
  const { db, databaseUrl, role, onChange, onError, everyMs = 1_000 } = options
  let reading: Promise<void> | null = null
  let again = false
  const read = (): Promise<void> => {
    again = reading !== null
    reading ??= (async () => {
      do {
        again = false
        try {
          const all = await listProcesses(db)
          onChange(all.filter((each) => each.role === role))
        } catch (error) {
          onError(error)
        }
      } while (again)
    })().finally(() => {
      reading = null
    })
    return reading
  }
  const listening = listen(databaseUrl, PROCESSES_CHANNEL, { onNotification: () => void read(), onError })
  const timer = setInterval(() => void read(), everyMs).unref()
  await read()
  return {
    close: async () => {
      clearInterval(timer)
      await listening.close()
      await reading
    },
  }
}
