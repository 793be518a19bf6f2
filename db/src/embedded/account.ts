import { execFileSync } from 'node:child_process'
import { EmbeddedPostgresError } from './errors.ts'

export interface Account {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

/**
 * The account a server runs under. PostgreSQL refuses to run as root, so root lends it `postgres`, or `nobody`, which
 * every system has; nothing is created. Null: the caller's own account.
 */
export function serverAccount(): Account | null {
  if (process.getuid?.() !== 0) return null
  for (const name of ['postgres', 'nobody']) {
    const account = lookUp(name)
    if (account !== null) return account
  }
  throw new EmbeddedPostgresError(
    'PostgreSQL does not run as root, and this system has neither a user "postgres" nor "nobody". ' +
      'Run as another user, or pass a database URL.',
  )
}

/** Whether the account may enter a folder: each folder above it counts too. */
export function canEnter(account: Account | null, folder: string): boolean {
  const identity = account === null ? {} : { uid: account.uid, gid: account.gid }
  try {
    execFileSync('/bin/sh', ['-c', 'cd "$1"', 'sh', folder], { ...identity, cwd: '/', stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

function lookUp(name: string): Account | null {
  const id = (flag: string) => Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: 'pipe' }))
  try {
    return { name, uid: id('-u'), gid: id('-g') }
  } catch {
    return null
  }
}
