import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** Tells a process from a later one with the same id, by the time it started. Null: there is no such process. */
export function processIdentity(pid: number): string | null {
  try {
    if (process.platform === 'linux') return linuxStartTime(pid)
    return execFileSync('ps', ['-p', String(pid), '-o', 'lstart='], { encoding: 'utf8', stdio: 'pipe' }).trim() || null
  } catch {
    return null
  }
}

/** Field 22 of /proc/PID/stat, in ticks since boot. The second field is a name in brackets that may hold spaces. */
function linuxStartTime(pid: number): string | null {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null
}
