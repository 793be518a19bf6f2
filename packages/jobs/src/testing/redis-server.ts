import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

export interface RedisServer {
  readonly url: string
  /** kill -9, and the same server again, with what it had written. */
  restart(): Promise<void>
}

/**
 * Runs the server as a child of a shell that watches this process: standard input is a pipe whose other end only this
 * process holds, so the server and its folder go when this process ends in whatever way.
 *
 * $1 the folder, kept where it holds a file `keep` · the rest: the server's command line
 */
const GUARDIAN = `
folder=$1; shift
exec 3<&0
"$@" 3<&- </dev/null & server=$!
( cat <&3 >/dev/null; kill -9 "$server" ) 2>/dev/null & watcher=$!
exec 3<&-
wait "$server" 2>/dev/null
kill "$watcher" 2>/dev/null
if [ ! -e "$folder/keep" ]; then rm -rf "$folder"; fi
`

/** Whether there is a redis-server to start. */
export const hasRedisServer = () => spawnSync('redis-server', ['--version']).status === 0

/** A private server on a free port, which writes each command to disk before it acknowledges it. */
export async function startRedisServer(): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'foretoken-redis-'))
  const port = await freePort()
  let server = await start(folder, port)
  return {
    url: `redis://127.0.0.1:${port}`,
    restart: async () => {
      const keep = join(folder, 'keep')
      writeFileSync(keep, '')
      const ended = once(server, 'exit')
      server.stdin?.end()
      await ended
      rmSync(keep)
      server = await start(folder, port)
    },
  }
}

async function start(folder: string, port: number): Promise<ChildProcess> {
  const persistent = ['--appendonly', 'yes', '--appendfsync', 'always', '--save', '']
  const place = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder]
  const command = ['redis-server', ...place, ...persistent]
  const guardian = spawn('/bin/sh', ['-c', GUARDIAN, 'guardian', folder, ...command], {
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const said: string[] = []
  for await (const line of createInterface(guardian.stdout)) {
    said.push(line)
    if (line.includes('Ready to accept connections')) break
  }
  if (!said.at(-1)?.includes('Ready to accept connections')) throw new Error(said.join('\n'))
  guardian.stdout.resume()
  // Nothing waits for it.
  guardian.unref()
  return guardian
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  if (address === null || typeof address === 'string') throw new Error('there is no port')
  return address.port
}
