import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { z } from 'zod'
import { CliError } from '../errors.ts'
import type { DataFolder } from './folder.ts'
import { processIdentity } from './process.ts'

const holderSchema = z.strictObject({ pid: z.int().positive(), identity: z.string() })
type Holder = z.infer<typeof holderSchema>

/**
 * Takes a data folder for this process; returns what gives it back. A holder that is gone has no claim: its process
 * id may by now name another program, so the lock also notes when the holder started.
 *
 * @throws CliError when another process holds it.
 */
export function lockDataFolder(folder: DataFolder): () => void {
  return lockFolder(folder, { name: 'data folder', option: '--data-dir' })
}

/** The same for any folder; `called` is what its users know it as. */
export function lockFolder(
  folder: Pick<DataFolder, 'path' | 'lock'>,
  called: { readonly name: string; readonly option: string },
): () => void {
  const mine = `${folder.lock}.${process.pid}`
  writeFileSync(mine, JSON.stringify({ pid: process.pid, identity: processIdentity(process.pid) ?? '' }))
  try {
    // A link appears with its content or not at all, and never replaces another's.
    while (!tryLink(mine, folder.lock)) {
      const holder = readHolder(folder.lock)
      if (holder !== null && isRunning(holder)) {
        throw new CliError(
          `The ${called.name} ${folder.path} is in use by process ${holder.pid}. ` +
            `Stop that one first, or choose another folder with ${called.option}.`,
        )
      }
      removeStale(folder.lock, holder)
    }
  } finally {
    rmSync(mine, { force: true })
  }
  return () => rmSync(folder.lock, { force: true })
}

/** The process that uses the folder; null: none does. */
export function lockHolder(folder: DataFolder): number | null {
  const holder = readHolder(folder.lock)
  return holder !== null && isRunning(holder) ? holder.pid : null
}

export function isRunning(holder: Holder): boolean {
  return processIdentity(holder.pid) === holder.identity
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

function readHolder(file: string): Holder | null {
  try {
    return holderSchema.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    return null
  }
}

/** Moves the stale lock aside before removing it: if it is a fresh one by now, it goes back. */
function removeStale(file: string, stale: Holder | null): void {
  const aside = `${file}.stale.${process.pid}`
  try {
    renameSync(file, aside)
  } catch {
    return
  }
  if (readHolder(aside)?.pid !== stale?.pid) tryLink(aside, file)
  rmSync(aside, { force: true })
}
