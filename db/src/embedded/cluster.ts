import { execFile } from 'node:child_process'
import { chownSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Account } from './account.ts'
import type { Binaries } from './binaries.ts'
import { EmbeddedPostgresError } from './errors.ts'
import { processOptions } from './guardian.ts'
import { clusterPlace, EXPAND_CLUSTER } from './place.ts'

export const SUPERUSER = 'foretoken'

export interface ClusterOptions {
  readonly folder: string
  readonly password: string
  /** Not flushed to disk: faster, and lost with the machine's power. */
  readonly temporary: boolean
}

/** Makes sure that the folder holds a cluster. */
export async function prepareCluster(
  binaries: Binaries,
  account: Account | null,
  options: ClusterOptions,
): Promise<void> {
  if (existsSync(join(options.folder, 'PG_VERSION'))) return
  // What an interrupted run left behind.
  const partial = `${options.folder}.partial`
  rmSync(partial, { recursive: true, force: true })
  mkdirSync(partial, { recursive: true, mode: 0o700 })
  if (account !== null) chownSync(partial, account.uid, account.gid)
  try {
    await runInitdb(binaries, account, { ...options, folder: partial })
    renameSync(partial, options.folder)
  } catch (error) {
    rmSync(partial, { recursive: true, force: true })
    const stderr = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : ''
    throw new EmbeddedPostgresError(`PostgreSQL could not create its files in ${options.folder}. ${stderr || error}`)
  }
}

/** $1 the cluster · the rest: initdb's command line. The password comes by environment and goes on by pipe. */
const SCRIPT = `
cluster=$1; shift
${EXPAND_CLUSTER}
password=$PASSWORD; unset PASSWORD
printf '%s\\n' "$password" | "$@" --pgdata="$cluster" --pwfile=/dev/stdin
`

async function runInitdb(binaries: Binaries, account: Account | null, options: ClusterOptions): Promise<void> {
  const place = clusterPlace(account, options.folder)
  const { env, ...process } = processOptions(account, place)
  const args = ['-c', SCRIPT, 'initdb', place.cluster, binaries.initdb, ...initdbArguments(options)]
  await promisify(execFile)('/bin/sh', args, { ...process, env: { ...env, PASSWORD: options.password } })
}

/** The built-in locale provider sorts and folds by code point and knows UTF-8 even where the system has no locales. */
function initdbArguments({ temporary }: ClusterOptions): string[] {
  return [
    `--username=${SUPERUSER}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--no-instructions',
    ...(temporary ? ['--no-sync'] : []),
  ]
}
