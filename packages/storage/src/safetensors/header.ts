import { z } from 'zod'
import { SafetensorsError } from './error.ts'

/** Bytes of one element. */
export const dtypeBytes = {
  F64: 8,
  I64: 8,
  U64: 8,
  F32: 4,
  I32: 4,
  U32: 4,
  F16: 2,
  BF16: 2,
  I16: 2,
  U16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
} as const

export type Dtype = keyof typeof dtypeBytes

export const dtypeSchema = z.enum(
  ['F64', 'I64', 'U64', 'F32', 'I32', 'U32', 'F16', 'BF16', 'I16', 'U16', 'I8', 'U8', 'BOOL'],
  { error: (issue) => `${JSON.stringify(issue.input)} is not supported` },
)

/** Where one tensor lies. */
export interface TensorLocation<D extends Dtype = Dtype> {
  readonly dtype: D
  readonly shape: readonly number[]
  /** Bytes from the start of the file. */
  readonly offset: number
  readonly bytes: number
}

export interface SafetensorsHeader<D extends Dtype = Dtype> {
  readonly tensors: ReadonlyMap<string, TensorLocation<D>>
  readonly metadata: Readonly<Record<string, string>>
}

/** The file opens with the length of its header: 8 bytes, little-endian. */
export const prefixBytes = 8

/** The format allows 100 MB; a larger length is a file of another kind. */
export const headerBytesMax = 100_000_000

/** The header's length, from the file's first 8 bytes. */
export function headerBytesOf(prefix: Uint8Array): number {
  const length = new DataView(prefix.buffer, prefix.byteOffset, prefixBytes).getBigUint64(0, true)
  if (length > headerBytesMax) throw new SafetensorsError(undefined, `header of ${length} bytes`)
  return Number(length)
}

/** A tensor that is to be written. */
export interface TensorEntry {
  readonly name: string
  readonly dtype: Dtype
  readonly shape: readonly number[]
  readonly bytes: number
}

/** The front of a file whose tensors follow in this order: length and header. Throws SafetensorsError. */
export function encodeHeader(tensors: readonly TensorEntry[], metadata: Readonly<Record<string, string>> = {}): Buffer {
  const fields: [string, unknown][] = []
  const notes = Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1))
  if (notes.length > 0) fields.push(['__metadata__', Object.fromEntries(notes)])
  let start = 0
  for (const { name, dtype, shape, bytes } of tensors) {
    if (name === '__metadata__') throw new SafetensorsError(name, 'is not a name for a tensor')
    checkBytes(name, dtype, shape, bytes)
    fields.push([name, { dtype, shape, data_offsets: [start, start + bytes] }])
    start += bytes
  }
  const json = JSON.stringify(Object.fromEntries(fields))
  // Spaces up to a multiple of 8 keep the data aligned.
  const text = Buffer.from(json + ' '.repeat(-Buffer.byteLength(json) & 7))
  if (text.length > headerBytesMax) throw new SafetensorsError(undefined, `header of ${text.length} bytes`)
  const prefix = Buffer.alloc(prefixBytes)
  prefix.writeBigUInt64LE(BigInt(text.length))
  return Buffer.concat([prefix, text])
}

const whole = z.number().int().nonnegative()
const fields = z.record(z.string(), z.unknown())
const metadataSchema = z.record(z.string(), z.string())

/**
 * Validates a header against the size of its file: element types, byte counts, gaps, overlaps, truncation.
 *
 * `dtypes` are the ones that the caller can use; the others are refused by its message.
 * Format: https://huggingface.co/docs/safetensors
 */
export function parseSafetensorsHeader<D extends Dtype>(
  header: Uint8Array,
  fileBytes: number,
  dtypes: z.ZodType<D>,
): SafetensorsHeader<D> {
  const entry = z.object({ dtype: dtypes, shape: z.array(whole), data_offsets: z.tuple([whole, whole]) })
  const dataStart = prefixBytes + header.length
  const tensors = new Map<string, TensorLocation<D>>()
  const { __metadata__ = {}, ...entries } = check(undefined, parseJson(header), fields)
  for (const [name, value] of Object.entries(entries)) {
    const { dtype, shape, data_offsets } = check(name, value, entry)
    const [start, end] = data_offsets
    const bytes = tensorBytes(dtype, shape)
    if (end - start !== bytes) {
      throw new SafetensorsError(name, `${dtype} [${shape.join(', ')}] needs ${bytes} bytes, has ${end - start}`)
    }
    tensors.set(name, { dtype, shape, offset: dataStart + start, bytes })
  }
  checkLayout(tensors, dataStart, fileBytes)
  return { tensors, metadata: check('__metadata__', __metadata__, metadataSchema) }
}

export const tensorBytes = (dtype: Dtype, shape: readonly number[]): number =>
  shape.reduce((count, dim) => count * dim, 1) * dtypeBytes[dtype]

export function checkBytes(name: string | undefined, dtype: Dtype, shape: readonly number[], bytes: number): void {
  const needed = tensorBytes(dtype, shape)
  if (needed !== bytes) {
    throw new SafetensorsError(name, `${dtype} [${shape.join(', ')}] needs ${needed} bytes, has ${bytes}`)
  }
}

/** The tensors tile the data exactly, as the format demands. */
function checkLayout(tensors: ReadonlyMap<string, TensorLocation>, dataStart: number, fileBytes: number): void {
  let end = dataStart
  // An empty tensor shares its offset with the one after it.
  const inOrder = [...tensors].sort(([, a], [, b]) => a.offset - b.offset || a.bytes - b.bytes)
  for (const [name, tensor] of inOrder) {
    if (tensor.offset < end) throw new SafetensorsError(name, 'overlaps the tensor before it')
    if (tensor.offset > end) throw new SafetensorsError(name, `${tensor.offset - end} unused bytes before it`)
    end = tensor.offset + tensor.bytes
  }
  if (end > fileBytes) throw new SafetensorsError(undefined, `is truncated: ${fileBytes} of ${end} bytes`)
  if (end < fileBytes) throw new SafetensorsError(undefined, `has ${fileBytes - end} bytes after the last tensor`)
}

function parseJson(header: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf8', { fatal: true }).decode(header))
  } catch {
    throw new SafetensorsError(undefined, 'header is not JSON')
  }
}

function check<T>(tensor: string | undefined, value: unknown, schema: z.ZodType<T>): T {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  throw new SafetensorsError(tensor, `${issue?.path.join('.') ?? ''} ${issue?.message ?? 'is malformed'}`.trim())
}
