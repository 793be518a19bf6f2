import { dirname } from 'node:path'
import { type Account, canEnter } from './account.ts'
import { EmbeddedPostgresError } from './errors.ts'

/** How a process under the server's account gets to a cluster. */
export interface ClusterPlace {
  readonly workingFolder: string
  /** A path, or `.` where only the working folder leads there: see `EXPAND_CLUSTER`. */
  readonly cluster: string
}

/**
 * Root's private folders (mode 0700, as `/root` or a temporary one) are closed to the account that PostgreSQL has to
 * run under, and with them all that is below. But a process that root put into the cluster, which is the account's own,
 * may stay there, and Linux lets its children follow `/proc/PID/cwd` without a look at the folders above. So the shell
 * that starts PostgreSQL works in the cluster, and names it by itself.
 */
export function clusterPlace(account: Account | null, folder: string): ClusterPlace {
  const parent = dirname(folder)
  if (canEnter(account, parent)) return { workingFolder: '/', cluster: folder }
  if (process.platform === 'linux') return { workingFolder: folder, cluster: '.' }
  throw new EmbeddedPostgresError(
    `PostgreSQL runs as user "${account?.name}", who can't enter ${parent}. Use a folder that others may pass through.`,
  )
}

/** Shell: turns `.` in $cluster into a path that any child of this shell can follow. */
export const EXPAND_CLUSTER = 'if [ "$cluster" = . ]; then cluster=/proc/$$/cwd; fi'
