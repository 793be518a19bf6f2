import { execFile } from 'node:child_process'
import { chownSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { type Account, canEnter } from './account.ts'
import type { Binaries } from './binaries.ts'
import { EmbeddedPostgresError } from './errors.ts'
import { processOptions } from './guardian.ts'

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
  const parent = dirname(options.folder)
  mkdirSync(parent, { recursive: true })
  if (!canEnter(account, parent)) {
    throw new EmbeddedPostgresError(
      `PostgreSQL runs as user "${account?.name}", who can't enter ${parent}. ` +
        'Use a data folder outside of private folders, e.g. --data-dir /var/lib/foretoken.',
    )
  }
  if (!existsSync(join(options.folder, 'PG_VERSION'))) await initialise(binaries, account, options)
}

async function initialise(binaries: Binaries, account: Account | null, options: ClusterOptions): Promise<void> {
  // What an interrupted run left behind.
  const partial = `${options.folder}.partial`
  const passwordFile = `${options.folder}.password`
  rmSync(partial, { recursive: true, force: true })
  mkdirSync(partial, { mode: 0o700 })
  writeFileSync(passwordFile, options.password, { mode: 0o600 })
  if (account !== null) for (const path of [partial, passwordFile]) chownSync(path, account.uid, account.gid)
  try {
    await promisify(execFile)(binaries.initdb, initdbArguments(partial, passwordFile, options), processOptions(account))
    renameSync(partial, options.folder)
  } catch (error) {
    rmSync(partial, { recursive: true, force: true })
    const stderr = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : ''
    throw new EmbeddedPostgresError(`PostgreSQL could not create its files in ${options.folder}. ${stderr || error}`)
  } finally {
    rmSync(passwordFile, { force: true })
  }
}

/** The built-in locale provider sorts and folds by code point and knows UTF-8 even where the system has no locales. */
function initdbArguments(folder: string, passwordFile: string, { temporary }: ClusterOptions): string[] {
  return [
    `--pgdata=${folder}`,
    `--username=${SUPERUSER}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--no-instructions',
    ...(temporary ? ['--no-sync'] : []),
  ]
}
