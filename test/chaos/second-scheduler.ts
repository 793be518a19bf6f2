import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../../apps/scheduler/src/main.ts', import.meta.url))
const RESTART_MS = 250

interface Places {
  readonly databaseUrl: string
  readonly queueUrl: string
  readonly objectStore: string
}

/** A scheduler beside the one that the platform starts; started again whenever it ends. */
export class SecondScheduler {
  private child: ChildProcess | null = null
  private stopping = false
  private readonly running: Promise<void>

  constructor(
    private readonly places: Places,
    private readonly env: Readonly<Record<string, string>>,
    private readonly log: (line: string) => void,
  ) {
    this.running = this.run()
  }

  async stop(): Promise<void> {
    this.stopping = true
    this.child?.kill('SIGTERM')
    await this.running
  }

  private async run(): Promise<void> {
    const { databaseUrl, queueUrl, objectStore } = this.places
    while (!this.stopping) {
      const child = spawn(process.execPath, ['--import', 'tsx', main], {
        env: {
          ...process.env,
          ...this.env,
          FORETOKEN_DATABASE_URL: databaseUrl,
          FORETOKEN_QUEUE_URL: queueUrl,
          FORETOKEN_OBJECT_STORE: objectStore,
        },
        stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      })
      this.child = child
      if (child.stdout) {
        createInterface({ input: child.stdout }).on('line', (line) => this.log(`[second scheduler] ${line}`))
      }
      await once(child, 'exit')
      await sleep(RESTART_MS)
    }
  }
}
