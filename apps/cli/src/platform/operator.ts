import { userInfo } from 'node:os'
import type { Actor } from '@foretoken/db'

/** Whoever runs the command, as the audit log names them; an account need not have a name. */
export function operator(): Actor {
  try {
    return { kind: 'cli', id: userInfo().username }
  } catch {
    return { kind: 'cli', id: `uid ${process.getuid?.() ?? 'unknown'}` }
  }
}
