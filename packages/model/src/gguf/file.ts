import { type FileHandle, open } from 'node:fs/promises'
import { basename } from 'node:path'
import { GGMLQuantizationType, gguf } from '@huggingface/gguf'
import { CheckpointError } from '../checkpoint/error.ts'
import { BLOCK_FORMATS, type BlockType } from './blocks.ts'

/** One tensor of a GGUF file. */
export interface GgufTensor {
  readonly name: string
  readonly type: GgufType
  /** Outermost first: [out, in]. */
  readonly shape: readonly number[]
  /** Bytes from the start of the file. */
  readonly offset: number
  readonly bytes: number
}

export type GgufType = 'F32' | 'F16' | 'BF16' | BlockType

export interface GgufFile {
  readonly name: string
  readonly metadata: Readonly<Record<string, unknown>>
  readonly tensors: ReadonlyMap<string, GgufTensor>
  /** The tensor's bytes as they lie in the file. */
  read(tensor: GgufTensor): Promise<Uint8Array>
  close(): Promise<void>
}

/**
 * Opens a GGUF file: its header is read and checked against the file's size, its tensors stay on disk. Throws
 * CheckpointError for another format, an element type that can't be read, or a file that ends too early.
 */
export async function openGguf(path: string): Promise<GgufFile> {
  const name = basename(path)
  const { metadata, tensorInfos, tensorDataOffset, littleEndian } = await parse(path, name)
  if (!littleEndian) throw new CheckpointError(name, undefined, 'is big-endian, which is not supported')
  const tensors = new Map<string, GgufTensor>()
  for (const info of tensorInfos) {
    const type = typeOf(name, info.name, info.dtype)
    const shape = info.shape.map(Number).reverse()
    const bytes = bytesOf(name, info.name, type, shape)
    tensors.set(info.name, { name: info.name, type, shape, bytes, offset: Number(tensorDataOffset + info.offset) })
  }
  const handle = await open(path)
  try {
    const { size } = await handle.stat()
    for (const tensor of tensors.values()) {
      if (tensor.offset + tensor.bytes > size)
        throw new CheckpointError(name, tensor.name, 'lies beyond the end: the file is truncated')
    }
  } catch (error) {
    await handle.close()
    throw error
  }
  return {
    name,
    metadata: Object.fromEntries(Object.entries(metadata)),
    tensors,
    read: (tensor) => readExactly(handle, name, tensor),
    close: () => handle.close(),
  }
}

async function parse(path: string, name: string) {
  try {
    return await gguf(path, { allowLocalFile: true })
  } catch (error) {
    throw new CheckpointError(name, undefined, `is no GGUF file (${error instanceof Error ? error.message : error})`)
  }
}

const PLAIN_BYTES = { F32: 4, F16: 2, BF16: 2 } as const

function typeOf(file: string, tensor: string, dtype: number): GgufType {
  const type = GGMLQuantizationType[dtype] ?? `type ${dtype}`
  if (isReadable(type)) return type
  const readable = [...Object.keys(PLAIN_BYTES), ...Object.keys(BLOCK_FORMATS)].join(', ')
  throw new CheckpointError(file, tensor, `${type} weights are not supported, only ${readable}`)
}

function isReadable(type: string): type is GgufType {
  return type in PLAIN_BYTES || type in BLOCK_FORMATS
}

function bytesOf(file: string, tensor: string, type: GgufType, shape: readonly number[]): number {
  const weights = shape.reduce((product, size) => product * size, 1)
  if (type === 'F32' || type === 'F16' || type === 'BF16') return weights * PLAIN_BYTES[type]
  const format = BLOCK_FORMATS[type]
  if ((shape.at(-1) ?? 0) % format.weights !== 0)
    throw new CheckpointError(file, tensor, `rows of ${shape.at(-1)} weights are not whole blocks of ${format.weights}`)
  return (weights / format.weights) * format.bytes
}

async function readExactly(handle: FileHandle, file: string, { name, offset, bytes }: GgufTensor): Promise<Uint8Array> {
  const buffer = new Uint8Array(bytes)
  const { bytesRead } = await handle.read(buffer, 0, bytes, offset)
  if (bytesRead !== bytes) throw new CheckpointError(file, name, 'lies beyond the end: the file is truncated')
  return buffer
}
