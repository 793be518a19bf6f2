import { SafetensorsError } from './error.ts'
import { dtypeBytes, dtypeSchema, encodeHeader, headerBytesOf, parseSafetensorsHeader, prefixBytes } from './header.ts'
import type { SafeTensor } from './tensor.ts'

/**
 * One safetensors file in memory. Equal tensors and metadata give equal bytes, whatever their order, so the bytes can be
 * hashed as identity.
 *
 * Throws SafetensorsError when a shape does not fit its data.
 */
export function encodeSafetensors(
  tensors: Readonly<Record<string, SafeTensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  // Wide elements first, like Hugging Face's writer: then each tensor is aligned to its element.
  const inOrder = Object.entries(tensors).sort(
    ([aName, a], [bName, b]) => dtypeBytes[b.dtype] - dtypeBytes[a.dtype] || compare(aName, bName),
  )
  const header = encodeHeader(
    inOrder.map(([name, { dtype, shape, data }]) => ({ name, dtype, shape, bytes: data.length })),
    metadata,
  )
  const dataBytes = inOrder.reduce((total, [, { data }]) => total + data.length, 0)
  const bytes = new Uint8Array(header.length + dataBytes)
  bytes.set(header)
  let offset = header.length
  for (const [, { data }] of inOrder) {
    bytes.set(data, offset)
    offset += data.length
  }
  return bytes
}

/**
 * The tensors are views of `bytes`, unaligned if its writer did not care (see `elements`). Throws SafetensorsError for
 * anything but a complete and consistent file.
 */
export function decodeSafetensors(bytes: Uint8Array): {
  tensors: Map<string, SafeTensor>
  metadata: Readonly<Record<string, string>>
} {
  const headerBytes = bytes.length < prefixBytes ? 0 : headerBytesOf(bytes)
  const dataStart = prefixBytes + headerBytes
  if (bytes.length < dataStart) {
    throw new SafetensorsError(undefined, `is truncated: ends ${dataStart - bytes.length} bytes too early`)
  }
  const header = parseSafetensorsHeader(bytes.subarray(prefixBytes, dataStart), bytes.length, dtypeSchema)
  const tensors = new Map<string, SafeTensor>()
  for (const [name, { dtype, shape, offset, bytes: length }] of header.tensors) {
    tensors.set(name, { dtype, shape, data: bytes.subarray(offset, offset + length) })
  }
  return { tensors, metadata: header.metadata }
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
