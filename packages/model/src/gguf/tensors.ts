import type { LazyTensor } from '@foretoken/storage'
import { inLayer } from '../architecture/architecture.ts'
import { architectures } from '../architecture/index.ts'
import { CheckpointError } from '../checkpoint/error.ts'
import { BLOCK_FORMATS, type BlockType, dequantise } from './blocks.ts'
import { GGUF_ARCHITECTURES, type GgufArchitecture } from './config.ts'
import type { GgufFile, GgufTensor } from './file.ts'

interface Sizes {
  readonly layers: number
  readonly heads: number
  readonly keyValueHeads: number
}

/**
 * The file's tensors under their Hugging Face names, quantised ones as float32 of the same values. Throws
 * CheckpointError for a tensor that has no place in the architecture.
 */
export function tensorsOf(file: GgufFile, architecture: GgufArchitecture, sizes: Sizes): LazyTensor[] {
  const places = placesOf(architecture, sizes)
  return [...file.tensors.values()].map((tensor) => {
    const place = places.get(tensor.name)
    if (!place) throw new CheckpointError(file.name, tensor.name, `has no place in ${architecture} here`)
    const dtype = tensor.type in BLOCK_FORMATS ? 'F32' : plain(tensor.type)
    const elements = tensor.shape.reduce((product, size) => product * size, 1)
    return {
      name: place.name,
      dtype,
      shape: tensor.shape,
      bytes: elements * (dtype === 'F32' ? 4 : 2),
      read: async () => inOrder(elementsOf(tensor, await file.read(tensor)), tensor.shape[0] ?? 1, place.heads),
    }
  })
}

interface Place {
  readonly name: string
  /** Heads whose rows llama.cpp keeps in another order. */
  readonly heads?: number
}

/** Names on llama.cpp's side: gguf-py's tensor_mapping.py. */
function placesOf(architecture: GgufArchitecture, { layers, heads, keyValueHeads }: Sizes): Map<string, Place> {
  const { name, interleaved } = GGUF_ARCHITECTURES[architecture]
  const known = architectures.get(name)
  const places = new Map<string, Place>()
  if (!known) return places
  const { layer: names } = known
  places.set('token_embd.weight', { name: known.embedding })
  places.set('output_norm.weight', { name: known.finalNorm })
  places.set('output.weight', { name: known.head })
  for (let layer = 0; layer < layers; layer++) {
    const add = (part: string, own: string, rotated?: number) =>
      places.set(`blk.${layer}.${part}.weight`, {
        name: inLayer(own, layer),
        ...(rotated !== undefined && interleaved && { heads: rotated }),
      })
    add('attn_norm', names.inputNorm)
    add('attn_q', names.query, heads)
    add('attn_k', names.key, keyValueHeads)
    add('attn_v', names.value)
    add('attn_output', names.output)
    add('ffn_norm', names.feedForwardNorm)
    add('ffn_gate', names.gate)
    add('ffn_up', names.up)
    add('ffn_down', names.down)
    if (names.headNorms) add('attn_q_norm', names.headNorms.query)
    if (names.headNorms) add('attn_k_norm', names.headNorms.key)
  }
  return places
}

function plain(type: GgufTensor['type']): 'F32' | 'F16' | 'BF16' {
  return type === 'F16' || type === 'BF16' ? type : 'F32'
}

function isBlockType(type: GgufTensor['type']): type is BlockType {
  return type in BLOCK_FORMATS
}

function elementsOf({ type }: GgufTensor, bytes: Uint8Array): Uint8Array {
  if (!isBlockType(type)) return bytes
  const { buffer } = dequantise(type, bytes)
  return new Uint8Array(buffer)
}

/**
 * Undoes the order of rows that llama.cpp's converter gives queries and keys of Llama: it puts the two rows that one
 * rotation mixes side by side, Hugging Face half a head apart.
 */
function inOrder(bytes: Uint8Array, rows: number, heads: number | undefined): Uint8Array {
  if (heads === undefined) return bytes
  const rowBytes = bytes.length / rows
  const half = rows / heads / 2
  const ordered = new Uint8Array(bytes.length)
  for (let row = 0; row < rows; row++) {
    const [head, within] = [Math.floor(row / (2 * half)), row % (2 * half)]
    const from = head * 2 * half + (within % half) * 2 + Math.floor(within / half)
    ordered.set(bytes.subarray(from * rowBytes, (from + 1) * rowBytes), row * rowBytes)
  }
  return ordered
}
