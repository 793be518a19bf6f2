/** A GGUF file's metadata value, in the types that a model's metadata needs. */
export type MetadataValue =
  | { readonly type: 'uint32' | 'uint64' | 'float32'; readonly value: number }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'strings'; readonly value: readonly string[] }
  | { readonly type: 'int32s'; readonly value: readonly number[] }

/** One tensor of such a file. */
export interface WrittenTensor {
  readonly name: string
  readonly type: keyof typeof TENSOR_TYPES
  /** Outermost first, as safetensors has it: [out, in]. The file has it innermost first. */
  readonly shape: readonly number[]
  readonly data: Uint8Array
}

/**
 * Bytes of a GGUF file, version 3, little-endian: header, metadata, where each tensor lies, and the tensors, each at a
 * multiple of ALIGNMENT. Source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 */
export function encodeGguf(
  metadata: Readonly<Record<string, MetadataValue>>,
  tensors: readonly WrittenTensor[],
): Uint8Array[] {
  const entries = Object.entries({ 'general.alignment': uint32Value(ALIGNMENT), ...metadata })
  const head: Uint8Array[] = [MAGIC, uint32(3), uint64(tensors.length), uint64(entries.length)]
  for (const [key, value] of entries) head.push(string(key), ...metadataValue(value))
  const data: Uint8Array[] = []
  let offset = 0
  for (const tensor of tensors) {
    const { name, type, shape } = tensor
    head.push(string(name), uint32(shape.length), ...shape.toReversed().map(uint64))
    head.push(uint32(TENSOR_TYPES[type]), uint64(offset))
    data.push(tensor.data, padding(tensor.data.length))
    offset += tensor.data.length + padding(tensor.data.length).length
  }
  return [...head, padding(head.reduce((bytes, { length }) => bytes + length, 0)), ...data]
}

const MAGIC = Buffer.from('GGUF')
const ALIGNMENT = 32
const TENSOR_TYPES = { F32: 0, F16: 1, Q4_0: 2, Q4_1: 3, Q8_0: 8, Q6_K: 14, BF16: 30 } as const
const VALUE_TYPES = { uint32: 4, int32: 5, float32: 6, bool: 7, string: 8, array: 9, uint64: 10 } as const

function metadataValue(entry: MetadataValue): Uint8Array[] {
  switch (entry.type) {
    case 'uint32':
      return [uint32(VALUE_TYPES.uint32), uint32(entry.value)]
    case 'uint64':
      return [uint32(VALUE_TYPES.uint64), uint64(entry.value)]
    case 'float32':
      return [uint32(VALUE_TYPES.float32), new Uint8Array(Float32Array.of(entry.value).buffer)]
    case 'bool':
      return [uint32(VALUE_TYPES.bool), Uint8Array.of(entry.value ? 1 : 0)]
    case 'string':
      return [uint32(VALUE_TYPES.string), string(entry.value)]
    case 'strings':
      return [...array('string', entry.value.length), ...entry.value.map(string)]
    case 'int32s':
      return [...array('int32', entry.value.length), new Uint8Array(Int32Array.from(entry.value).buffer)]
  }
}

const uint32Value = (value: number): MetadataValue => ({ type: 'uint32', value })
const array = (of: 'string' | 'int32', length: number) => [
  uint32(VALUE_TYPES.array),
  uint32(VALUE_TYPES[of]),
  uint64(length),
]
const uint32 = (value: number) => new Uint8Array(Uint32Array.of(value).buffer)
const uint64 = (value: number) => new Uint8Array(BigUint64Array.of(BigInt(value)).buffer)
const padding = (bytes: number) => new Uint8Array((ALIGNMENT - (bytes % ALIGNMENT)) % ALIGNMENT)

function string(text: string): Uint8Array {
  const bytes = Buffer.from(text)
  return Buffer.concat([uint64(bytes.length), bytes])
}
