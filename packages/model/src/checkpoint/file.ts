import { type FileHandle, open } from 'node:fs/promises'
import { CheckpointError } from './error.ts'

/** Opens a file of a model for reading. Throws CheckpointError under the name that is given. */
export async function openFile(path: string, file: string): Promise<FileHandle> {
  try {
    return await open(path)
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    throw new CheckpointError(file, undefined, missing ? 'is missing' : `cannot be opened: ${error}`)
  }
}

/** So many bytes from there, in a buffer of their own, aligned for any element type. Throws CheckpointError. */
export async function readExactly(handle: FileHandle, file: string, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.from(new ArrayBuffer(length))
  let filled = 0
  while (filled < length) {
    const count = Math.min(length - filled, READ_MAX)
    const { bytesRead } = await handle.read(buffer, filled, count, position + filled)
    if (bytesRead === 0) {
      throw new CheckpointError(file, undefined, `is truncated: ends ${length - filled} bytes too early`)
    }
    filled += bytesRead
  }
  return buffer
}

/** Node refuses to read 2 GiB at once. */
const READ_MAX = 2 ** 30
