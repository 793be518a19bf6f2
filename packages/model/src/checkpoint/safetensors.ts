import { type FileHandle, open } from 'node:fs/promises'
import { basename } from 'node:path'
import { z } from 'zod'
import { type StoredType, storedBytes } from './decode.ts'
import { CheckpointError } from './error.ts'
import { check } from './json.ts'

/** Where one tensor lies in a safetensors file. */
export interface StoredTensor {
  readonly path: string
  readonly type: StoredType
  readonly shape: readonly number[]
  /** Bytes from the start of the file. */
  readonly offset: number
  readonly bytes: number
}

const whole = z.number().int().nonnegative()
const entry = z.object({
  dtype: z.enum(['F32', 'F16', 'BF16'], {
    error: (issue) => `${JSON.stringify(issue.input)} weights are not supported`,
  }),
  shape: z.array(whole),
  data_offsets: z.tuple([whole, whole]),
})
const header = z.record(z.string(), z.unknown())

/** The format allows 100 MB; a larger length is a file of another kind. */
const headerBytesMax = 100_000_000

/**
 * Reads and validates the header: lengths, offsets, sizes, gaps and overlaps.
 *
 * Format: https://huggingface.co/docs/safetensors (8 bytes little-endian header length, JSON, tensor bytes).
 */
export async function readSafetensorsHeader(path: string): Promise<Map<string, StoredTensor>> {
  const file = basename(path)
  const handle = await openFile(path, file)
  try {
    const { size } = await handle.stat()
    const headerBytes = Number((await readExactly(handle, file, 0, 8)).readBigUInt64LE())
    if (headerBytes > headerBytesMax) throw new CheckpointError(file, undefined, `header of ${headerBytes} bytes`)
    const text = (await readExactly(handle, file, 8, headerBytes)).toString('utf8')
    return validate(path, file, text, 8 + headerBytes, size)
  } finally {
    await handle.close()
  }
}

/** The tensor's bytes in a buffer of their own, aligned for any element type. */
export async function readTensorBytes(tensor: StoredTensor): Promise<Uint8Array<ArrayBuffer>> {
  const file = basename(tensor.path)
  const handle = await openFile(tensor.path, file)
  try {
    return await readExactly(handle, file, tensor.offset, tensor.bytes)
  } finally {
    await handle.close()
  }
}

function validate(path: string, file: string, text: string, dataStart: number, fileBytes: number) {
  const tensors = new Map<string, StoredTensor>()
  for (const [name, value] of Object.entries(check(file, parseHeader(file, text), header))) {
    if (name === '__metadata__') continue
    const { dtype, shape, data_offsets } = checkEntry(file, name, value)
    const [start, end] = data_offsets
    const bytes = shape.reduce((count, dim) => count * dim, 1) * storedBytes[dtype]
    if (end - start !== bytes) {
      throw new CheckpointError(file, name, `${dtype} [${shape.join(', ')}] needs ${bytes} bytes, has ${end - start}`)
    }
    tensors.set(name, { path, type: dtype, shape, offset: dataStart + start, bytes })
  }
  checkLayout(file, tensors, dataStart, fileBytes)
  return tensors
}

/** The tensors tile the data exactly, as the format demands. */
function checkLayout(file: string, tensors: Map<string, StoredTensor>, dataStart: number, fileBytes: number): void {
  let end = dataStart
  for (const [name, tensor] of [...tensors].sort(([, a], [, b]) => a.offset - b.offset)) {
    if (tensor.offset < end) throw new CheckpointError(file, name, 'overlaps the tensor before it')
    if (tensor.offset > end) throw new CheckpointError(file, name, `${tensor.offset - end} unused bytes before it`)
    end = tensor.offset + tensor.bytes
  }
  if (end > fileBytes) throw new CheckpointError(file, undefined, `is truncated: ${fileBytes} of ${end} bytes`)
  if (end < fileBytes) throw new CheckpointError(file, undefined, `has ${fileBytes - end} bytes after the last tensor`)
}

function checkEntry(file: string, name: string, value: unknown): z.infer<typeof entry> {
  const result = entry.safeParse(value)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  throw new CheckpointError(file, name, `${issue?.path.join('.') ?? ''} ${issue?.message ?? 'is malformed'}`.trim())
}

function parseHeader(file: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new CheckpointError(file, undefined, 'header is not JSON')
  }
}

async function openFile(path: string, file: string): Promise<FileHandle> {
  try {
    return await open(path)
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    throw new CheckpointError(file, undefined, missing ? 'is missing' : `cannot be opened: ${error}`)
  }
}

async function readExactly(handle: FileHandle, file: string, position: number, length: number) {
  const buffer = Buffer.from(new ArrayBuffer(length))
  let filled = 0
  while (filled < length) {
    const { bytesRead } = await handle.read(buffer, filled, length - filled, position + filled)
    if (bytesRead === 0) {
      throw new CheckpointError(file, undefined, `is truncated: ends ${length - filled} bytes too early`)
    }
    filled += bytesRead
  }
  return buffer
}
