import { basename } from 'node:path'
import { CheckpointError } from '../checkpoint/error.ts'
import { openFile, readExactly } from '../checkpoint/file.ts'
import { BLOCK_FORMATS, type BlockType } from './blocks.ts'
import { type MetadataValue, readHeader, type TensorInfo } from './header.ts'

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
  readonly metadata: ReadonlyMap<string, MetadataValue>
  readonly tensors: ReadonlyMap<string, GgufTensor>
  /** So many of a tensor's bytes as they lie in the file, the first of them `from` its start. */
  read(tensor: GgufTensor, from: number, bytes: number): Promise<Uint8Array>
  close(): Promise<void>
}

/**
 * Opens a GGUF file: its header is read and checked against the file's size, its tensors stay on disk. Throws
 * CheckpointError for another format, one of several shards, an element type that can't be read, tensors that share
 * bytes, or a file that ends too early.
 */
export async function openGguf(path: string): Promise<GgufFile> {
  const name = basename(path)
  const handle = await openFile(path, name)
  try {
    const { size } = await handle.stat()
    const { metadata, tensors: infos, dataStart } = await readHeader(handle, name, size)
    refuseShard(name, metadata)
    const tensors = new Map(infos.map((info) => [info.name, located(name, info, dataStart)]))
    checkPlaces(name, [...tensors.values()], size)
    return {
      name,
      metadata,
      tensors,
      read: (tensor, from, bytes) => readExactly(handle, name, tensor.offset + from, bytes),
      close: () => handle.close(),
    }
  } catch (error) {
    await handle.close()
    throw error
  }
}

function refuseShard(file: string, metadata: GgufFile['metadata']): void {
  const shards = metadata.get('split.count')
  if ((typeof shards !== 'number' || shards <= 1) && !SHARD.test(file)) return
  throw new CheckpointError(file, undefined, 'is one of several shards; join them first: llama-gguf-split --merge')
}

const SHARD = /-\d{5}-of-(?!00001)\d{5}\.gguf$/

const PLAIN_BYTES = { F32: 4, F16: 2, BF16: 2 } as const

/** Names of element types by ggml.h's number (ggml_type), so that a refusal can tell them. */
const TYPES: Readonly<Record<number, string>> = {
  ...{ 0: 'F32', 1: 'F16', 2: 'Q4_0', 3: 'Q4_1', 6: 'Q5_0', 7: 'Q5_1', 8: 'Q8_0', 9: 'Q8_1', 10: 'Q2_K', 11: 'Q3_K' },
  ...{ 12: 'Q4_K', 13: 'Q5_K', 14: 'Q6_K', 15: 'Q8_K', 16: 'IQ2_XXS', 17: 'IQ2_XS', 18: 'IQ3_XXS', 19: 'IQ1_S' },
  ...{ 20: 'IQ4_NL', 21: 'IQ3_S', 22: 'IQ2_S', 23: 'IQ4_XS', 28: 'F64', 29: 'IQ1_M', 30: 'BF16', 39: 'MXFP4' },
}

function located(file: string, { name, type: number, shape, offset }: TensorInfo, dataStart: number): GgufTensor {
  const type = TYPES[number] ?? `type ${number}`
  if (!isReadable(type)) {
    const readable = [...Object.keys(PLAIN_BYTES), ...Object.keys(BLOCK_FORMATS)].join(', ')
    throw new CheckpointError(file, name, `${type} weights are not supported, only ${readable}`)
  }
  return { name, type, shape, bytes: bytesOf(file, name, type, shape), offset: dataStart + offset }
}

function isReadable(type: string): type is GgufType {
  return type in PLAIN_BYTES || type in BLOCK_FORMATS
}

function bytesOf(file: string, tensor: string, type: GgufType, shape: readonly number[]): number {
  const weights = shape.reduce((product, size) => product * size, 1)
  if (type === 'F32' || type === 'F16' || type === 'BF16') return weights * PLAIN_BYTES[type]
  const format = BLOCK_FORMATS[type]
  if ((shape.at(-1) ?? 1) % format.weights !== 0)
    throw new CheckpointError(file, tensor, `rows of ${shape.at(-1)} weights are not whole blocks of ${format.weights}`)
  return (weights / format.weights) * format.bytes
}

function checkPlaces(file: string, tensors: readonly GgufTensor[], size: number): void {
  let end = 0
  for (const { name, offset, bytes } of tensors.toSorted((a, b) => a.offset - b.offset || a.bytes - b.bytes)) {
    if (offset < end) throw new CheckpointError(file, name, 'overlaps another tensor')
    end = offset + bytes
    if (end > size) throw new CheckpointError(file, name, 'lies beyond the end: the file is truncated')
  }
}
