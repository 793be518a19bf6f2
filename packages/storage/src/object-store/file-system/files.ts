import { randomUUID } from 'node:crypto'
import { type FileHandle, mkdir, open, rm, rmdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { StorageError, type StorageErrorCode } from '../object-store.ts'

/** No key can contain '~', so what is below is never listed or read as an object. */
export const partialsFolder = '~partial'
export const checksumsFolder = '~checksums'

/** Others may delete the folder or the object under our hands; that so many do is a fault. */
export const attemptsMax = 10

/** Returns the inode, which stays the file's when it is renamed. */
export function writeFlushed(path: string, bytes: Uint8Array): Promise<bigint> {
  return withFile(path, 'wx', async (file) => {
    await file.writeFile(bytes)
    await file.sync()
    return (await file.stat({ bigint: true })).ino
  })
}

/** The time of who keeps the files, which is the one that they are dated by. */
export async function timeOf(folder: string): Promise<number> {
  const probe = join(folder, randomUUID())
  try {
    return await withFile(probe, 'wx', async (file) => (await file.stat()).mtimeMs)
  } finally {
    await rm(probe, { force: true })
  }
}

/**
 * Where another removes an empty folder on the way meanwhile, Node says ENOENT, or ENOTDIR as if a file were there. A file
 * that is there says so each time.
 */
export async function makeFolder(path: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await mkdir(path, { recursive: true })
      return
    } catch (error) {
      if (!['ENOENT', 'ENOTDIR'].includes(codeOf(error)) || attempt === attemptsMax) throw error
    }
  }
}

/** A new name is on disk only when its folder is. */
export const flushFolder = (path: string) => withFile(path, 'r', (folder) => folder.sync())

export async function withFile<T>(path: string, flags: string, use: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path, flags)
  try {
    return await use(file)
  } finally {
    await file.close()
  }
}

/** Names of folders tell too (a tenant's id), so they go with the last thing in them; `root` stays. */
export async function removeEmptyFolders(lowest: string, root: string): Promise<void> {
  for (let folder = lowest; folder.length > root.length; folder = dirname(folder)) {
    if (!(await removeEmpty(folder))) return
  }
}

async function removeEmpty(folder: string): Promise<boolean> {
  try {
    await rmdir(folder)
    return true
  } catch (error) {
    return codeOf(error) === 'ENOENT' // else not empty
  }
}

export const inodeOf = async (path: string) => (await unlessMissing(stat(path, { bigint: true })))?.ino

export const isFile = async (path: string) => (await unlessMissing(stat(path)))?.isFile() ?? false

/** A path through a file, or to a folder, is a missing object too. */
export async function unlessMissing<T>(result: Promise<T>): Promise<T | undefined> {
  try {
    return await result
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes(codeOf(error))) return undefined
    throw failure(error)
  }
}

export const codeOf = (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : '')

export function failure(error: unknown): StorageError {
  if (error instanceof StorageError) return error
  const reason = error instanceof Error ? error.message : String(error)
  return new StorageError(kindOf(codeOf(error)), `object store: ${reason}`, { cause: error })
}

function kindOf(code: string): StorageErrorCode {
  if (['EACCES', 'EPERM', 'EROFS'].includes(code)) return 'denied'
  return PASSING.includes(code) ? 'unreachable' : 'failed'
}

/** No room, too many files open, a network's file system that is away: another time it may go well. */
const PASSING = ['ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE', 'EAGAIN', 'EBUSY', 'EIO', 'ESTALE', 'ETIMEDOUT', 'EHOSTDOWN']
