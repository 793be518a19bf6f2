import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Database, listProcesses } from '@foretoken/db'

export const FAULTS = [
  'worker killed',
  'worker hangs',
  'worker stopped',
  'gateway killed',
  'gateway stopped',
  'trainer killed',
  'scheduler killed',
  'database killed',
] as const
export type FaultKind = (typeof FAULTS)[number]

export interface Fault {
  readonly kind: FaultKind
  /** Of the process that it hit, where that serves. */
  readonly url: string | null
  readonly atMs: number
}

/** Does one fault; resolves when it is over for whom it hit, not yet for the platform. Null: there was nobody to hit. */
export async function inflict(
  kind: FaultKind,
  dataDir: string,
  db: Database,
  random: () => number,
): Promise<Fault | null> {
  if (kind === 'database killed') {
    process.kill(postmaster(dataDir), 'SIGKILL')
    return { kind, url: null, atMs: performance.now() }
  }
  const [role = ''] = kind.split(' ')
  const alive = (await listProcesses(db)).filter((each) => each.role === role && each.state === 'ready')
  const victim = alive[Math.floor(random() * alive.length)]
  // Of what serves one has to be left, or there is nobody to go on.
  if (!victim || ((role === 'gateway' || role === 'worker') && alive.length < 2)) return null
  const fault = { kind, url: victim.url, atMs: performance.now() }
  if (kind === 'worker hangs') {
    process.kill(victim.pid, 'SIGSTOP')
    await sleep(4_000)
    process.kill(victim.pid, 'SIGCONT')
  } else process.kill(victim.pid, kind.endsWith('killed') ? 'SIGKILL' : 'SIGTERM')
  return fault
}

function postmaster(dataDir: string): number {
  return Number.parseInt(readFileSync(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8'), 10)
}
