import { basename } from 'node:path'
import {
  headerBytesOf,
  parseSafetensorsHeader,
  prefixBytes,
  type SafeTensor,
  SafetensorsError,
  type TensorLocation,
} from '@foretoken/storage'
import { z } from 'zod'
import { CheckpointError } from './error.ts'
import { openFile, readExactly } from './file.ts'

/** How a file stores the weights that we can read. */
export type StoredType = z.infer<typeof storedType>

const storedType = z.enum(['F32', 'F16', 'BF16'], {
  error: (issue) => `${JSON.stringify(issue.input)} weights are not supported`,
})

/** Where one tensor lies, and in which file. */
export interface StoredTensor extends TensorLocation<StoredType> {
  readonly path: string
}

/** Reads and validates the header alone; the weights stay on disk. */
export async function readSafetensorsHeader(path: string): Promise<Map<string, StoredTensor>> {
  const file = basename(path)
  const handle = await openFile(path, file)
  try {
    const { size } = await handle.stat()
    const headerBytes = headerBytesOf(await readExactly(handle, file, 0, prefixBytes))
    const header = await readExactly(handle, file, prefixBytes, headerBytes)
    const { tensors } = parseSafetensorsHeader(header, size, storedType)
    return new Map([...tensors].map(([name, location]) => [name, { ...location, path }]))
  } catch (error) {
    throw error instanceof SafetensorsError ? new CheckpointError(file, error.tensor, error.reason) : error
  } finally {
    await handle.close()
  }
}

/** The tensor with its bytes in a buffer of their own, aligned for any element type. */
export async function readTensor({ path, dtype, shape, offset, bytes }: StoredTensor): Promise<SafeTensor<StoredType>> {
  const file = basename(path)
  const handle = await openFile(path, file)
  try {
    return { dtype, shape, data: await readExactly(handle, file, offset, bytes) }
  } finally {
    await handle.close()
  }
}
