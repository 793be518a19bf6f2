import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { EmbeddedPostgresError } from './errors.ts'

const STOP_WITHIN_MS = 15_000

/**
 * Deals with a `postmaster.pid` that a crash left behind. PostgreSQL refuses to start while the process it names is
 * alive, and in a container a restart may hand the same number to an unrelated process: the file is then removed. A
 * server that really still runs, because its guardian was killed too, is stopped.
 */
export async function clearStalePid(folder: string): Promise<void> {
  const file = join(folder, 'postmaster.pid')
  const pid = readPid(file)
  if (pid === null) return
  if (processName(pid) !== 'postgres') {
    rmSync(file, { force: true })
    return
  }
  process.kill(pid, 'SIGINT')
  const deadline = Date.now() + STOP_WITHIN_MS
  while (processName(pid) === 'postgres') {
    if (Date.now() > deadline) {
      throw new EmbeddedPostgresError(`Another PostgreSQL (pid ${pid}) uses ${folder} and does not stop.`)
    }
    await sleep(50)
  }
}

function readPid(file: string): number | null {
  try {
    const pid = Number.parseInt(readFileSync(file, 'utf8'), 10)
    return pid > 0 ? pid : null
  } catch {
    return null
  }
}

/** The program a process runs; null when there is no such process. */
function processName(pid: number): string | null {
  try {
    if (process.platform === 'linux') return readFileSync(`/proc/${pid}/comm`, 'utf8').trim()
    return basename(execFileSync('ps', ['-p', String(pid), '-o', 'comm='], { encoding: 'utf8' }).trim())
  } catch {
    return null
  }
}
