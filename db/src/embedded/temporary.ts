import { randomBytes } from 'node:crypto'
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Account } from './account.ts'

const NAME = /^foretoken-cluster-(\d+)-/

/** A fresh folder that the server's account owns, so that its guardian can remove it. */
export function temporaryFolder(account: Account | null): string {
  removeAbandoned()
  const folder = mkdtempSync(join(tmpdir(), `foretoken-cluster-${process.pid}-`))
  if (account !== null) chownSync(folder, account.uid, account.gid)
  return folder
}

export const randomPassword = () => randomBytes(18).toString('base64url')

/** Folders whose owner was killed before there was a guardian to remove them, i.e. during initdb. */
function removeAbandoned(): void {
  for (const name of readdirSync(tmpdir())) {
    const pid = Number(NAME.exec(name)?.[1])
    if (!pid || isAlive(pid) || existsSync(join(tmpdir(), name, 'data', 'postmaster.pid'))) continue
    try {
      rmSync(join(tmpdir(), name), { recursive: true, force: true })
    } catch {
      // Another user's.
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
