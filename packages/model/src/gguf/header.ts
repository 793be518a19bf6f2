import type { FileHandle } from 'node:fs/promises'
import { CheckpointError } from '../checkpoint/error.ts'
import { readExactly } from '../checkpoint/file.ts'

/** What stands before the weights of a GGUF file. */
export interface GgufHeader {
  readonly metadata: ReadonlyMap<string, MetadataValue>
  readonly tensors: readonly TensorInfo[]
  /** Where the first tensor's bytes may lie, from the start of the file. */
  readonly dataStart: number
}

/** Integers of 64 bits are numbers where those hold them. */
export type MetadataValue = Scalar | readonly Scalar[]
type Scalar = number | bigint | boolean | string

export interface TensorInfo {
  readonly name: string
  /** Outermost first: [out, in]. The file has them innermost first. */
  readonly shape: readonly number[]
  /** ggml's number of the element type. */
  readonly type: number
  /** Bytes from `dataStart`. */
  readonly offset: number
}

/**
 * Reads the header of a file of `size` bytes, and never trusts it: what it claims costs memory and time only as far as
 * there are bytes for it. Throws CheckpointError. Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 */
export async function readHeader(handle: FileHandle, file: string, size: number): Promise<GgufHeader> {
  const refuse = (reason: string): never => {
    throw new CheckpointError(file, undefined, reason)
  }
  for (let window = FIRST_WINDOW; ; window *= 4) {
    const bytes = await readExactly(handle, file, 0, Math.min(size, window))
    try {
      return parse(new Cursor(bytes))
    } catch (error) {
      if (error instanceof MalformedHeader) refuse(error.message)
      if (!(error instanceof WindowEnded)) throw error
      if (window >= size) refuse('is truncated: its header goes on beyond its end')
      if (window >= HEADER_BYTES_MAX) refuse(`is malformed: its header goes on beyond ${HEADER_BYTES_MAX} bytes`)
    }
  }
}

const FIRST_WINDOW = 2 ** 20
/** A vocabulary of 260 thousand tokens with its merges takes 16 MB. */
const HEADER_BYTES_MAX = 2 ** 28
const ENTRIES_MAX = 2 ** 16
const ARRAY_MAX = 2 ** 22
const ALIGNMENT = 32

class MalformedHeader extends Error {}
class WindowEnded extends Error {}

function malformed(reason: string): never {
  throw new MalformedHeader(`is malformed: ${reason}`)
}

function parse(cursor: Cursor): GgufHeader {
  readVersion(cursor)
  const tensorCount = cursor.count(ENTRIES_MAX, 'tensors')
  const keyCount = cursor.count(ENTRIES_MAX, 'metadata keys')
  const metadata = new Map<string, MetadataValue>()
  for (let at = 0; at < keyCount; at++) {
    const key = cursor.string()
    if (metadata.has(key)) malformed(`"${key}" comes twice`)
    metadata.set(key, readValue(cursor, cursor.uint32(), key))
  }
  const tensors = new Map<string, TensorInfo>()
  for (let at = 0; at < tensorCount; at++) {
    const tensor = readTensorInfo(cursor)
    if (tensors.has(tensor.name)) malformed(`the tensor "${tensor.name}" comes twice`)
    tensors.set(tensor.name, tensor)
  }
  const alignment = metadata.get('general.alignment') ?? ALIGNMENT
  if (typeof alignment !== 'number' || !isPowerOfTwo(alignment)) malformed(`general.alignment is ${alignment}`)
  return { metadata, tensors: [...tensors.values()], dataStart: Math.ceil(cursor.at / alignment) * alignment }
}

function readVersion(cursor: Cursor): void {
  const magic = cursor.bytes(4)
  if (!magic.equals(MAGIC)) throw new MalformedHeader('is no GGUF file')
  const version = cursor.uint32()
  if (VERSIONS.has(version)) return
  const swapped = Buffer.alloc(4)
  swapped.writeUInt32BE(version)
  if (VERSIONS.has(swapped.readUInt32LE())) throw new MalformedHeader('is big-endian, which is not supported')
  throw new MalformedHeader(`is GGUF of version ${version}, which is not supported, only ${[...VERSIONS].join(', ')}`)
}

const MAGIC = Buffer.from('GGUF')
const VERSIONS: ReadonlySet<number> = new Set([2, 3])
const isPowerOfTwo = (value: number) => Number.isInteger(value) && value > 0 && Number.isInteger(Math.log2(value))

function readTensorInfo(cursor: Cursor): TensorInfo {
  const name = cursor.string()
  const dimensions = cursor.uint32()
  if (dimensions > 4) malformed(`the tensor "${name}" has ${dimensions} dimensions`)
  const shape: number[] = []
  for (let at = 0; at < dimensions; at++) shape.unshift(cursor.size(`the tensor "${name}" has a dimension of`))
  const elements = shape.reduce((product, size) => product * size, 1)
  if (!Number.isSafeInteger(elements)) malformed(`the tensor "${name}" has ${elements} elements`)
  return { name, shape, type: cursor.uint32(), offset: cursor.size(`the tensor "${name}" lies at`) }
}

const ARRAY_TYPE = 9
/** By the number of its type, as gguf.h's gguf_type counts. */
const READERS = new Map<number, (cursor: Cursor) => Scalar>([
  [0, (cursor) => cursor.bytes(1).readUInt8()],
  [1, (cursor) => cursor.bytes(1).readInt8()],
  [2, (cursor) => cursor.bytes(2).readUInt16LE()],
  [3, (cursor) => cursor.bytes(2).readInt16LE()],
  [4, (cursor) => cursor.uint32()],
  [5, (cursor) => cursor.bytes(4).readInt32LE()],
  [6, (cursor) => cursor.bytes(4).readFloatLE()],
  [7, (cursor) => cursor.bytes(1).readUInt8() !== 0],
  [8, (cursor) => cursor.string()],
  [10, (cursor) => asNumber(cursor.bytes(8).readBigUInt64LE())],
  [11, (cursor) => asNumber(cursor.bytes(8).readBigInt64LE())],
  [12, (cursor) => cursor.bytes(8).readDoubleLE()],
])

function readValue(cursor: Cursor, type: number, key: string): MetadataValue {
  const read = READERS.get(type)
  if (read) return read(cursor)
  if (type !== ARRAY_TYPE) malformed(`"${key}" has a value of type ${type}`)
  const of = cursor.uint32()
  const readOne = READERS.get(of) ?? malformed(`"${key}" is an array of type ${of}`)
  const length = cursor.count(ARRAY_MAX, `entries of "${key}"`)
  const values: Scalar[] = []
  for (let at = 0; at < length; at++) values.push(readOne(cursor))
  return values
}

const asNumber = (value: bigint) => {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

/** Reads on through the front of a file. Throws WindowEnded where the bytes end. */
class Cursor {
  readonly #bytes: Buffer
  at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  bytes(count: number): Buffer {
    const end = this.at + count
    if (end > this.#bytes.length) throw new WindowEnded()
    const bytes = this.#bytes.subarray(this.at, end)
    this.at = end
    return bytes
  }

  uint32(): number {
    return this.bytes(4).readUInt32LE()
  }

  string(): string {
    return this.bytes(this.count(HEADER_BYTES_MAX, 'bytes of one string')).toString('utf8')
  }

  /** @param what begins a sentence that the number ends */
  size(what: string): number {
    const value = this.bytes(8).readBigUInt64LE()
    if (value > Number.MAX_SAFE_INTEGER) malformed(`${what} ${value}`)
    return Number(value)
  }

  count(most: number, what: string): number {
    const value = this.bytes(8).readBigUInt64LE()
    if (value > most) malformed(`it claims ${value} ${what}`)
    return Number(value)
  }
}
