import { type ChildProcess, spawn } from 'node:child_process'
import type { Account } from './account.ts'
import { type ClusterPlace, EXPAND_CLUSTER } from './place.ts'

/**
 * Runs the server as a child that watches its owner: standard input is a pipe whose other end only the owner holds,
 * so the pipe closes when the owner stops the server and when the owner is gone, `kill -9` included. Then the server
 * is told to shut down, and the folder of a temporary one is removed.
 *
 * $1 signal to stop with · $2 folder to remove, or empty · $3 the cluster · the rest: the server's command line
 */
const SCRIPT = `
signal=$1; remove=$2; cluster=$3; shift 3
${EXPAND_CLUSTER}
exec 3<&0
"$@" -D "$cluster" 3<&- </dev/null & server=$!
( cat <&3 >/dev/null; kill -"$signal" "$server" ) 2>/dev/null & watcher=$!
exec 3<&-
wait "$server"; status=$?
kill "$watcher" 2>/dev/null
if [ -n "$remove" ]; then rm -rf "$remove"; fi
exit "$status"
`

export interface GuardedServer {
  readonly command: string
  readonly args: readonly string[]
  readonly account: Account | null
  readonly place: ClusterPlace
  /** SIGINT is PostgreSQL's fast shutdown; SIGQUIT stops at once and leaves recovery to the next start. */
  readonly stopSignal: 'INT' | 'QUIT'
  /** Removed once the server is gone. */
  readonly removeFolder: string | null
}

export function spawnGuarded({ account, place, ...server }: GuardedServer): ChildProcess {
  const { command, args, stopSignal, removeFolder } = server
  return spawn('/bin/sh', ['-c', SCRIPT, 'guardian', stopSignal, removeFolder ?? '', place.cluster, command, ...args], {
    ...processOptions(account, place),
    // A session of its own: Ctrl-C in the owner's terminal must reach the owner, who drains first, and not the server.
    detached: true,
    stdio: ['pipe', 'ignore', 'pipe'],
  })
}

/** A bare environment: PGDATA, PGPORT or a locale of the caller's would change what the binaries do. */
export function processOptions(account: Account | null, { workingFolder }: ClusterPlace) {
  const identity = account === null ? {} : { uid: account.uid, gid: account.gid }
  return { ...identity, cwd: workingFolder, env: { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' } }
}
