import type { LazyTensor } from '@foretoken/storage'
import { type Architecture, inLayer } from '../architecture/architecture.ts'
import { expectedTensors } from '../architecture/tensors.ts'
import type { ModelConfig } from '../checkpoint/config.ts'
import { CheckpointError } from '../checkpoint/error.ts'
import { BLOCK_FORMATS, type BlockType, dequantise } from './blocks.ts'
import { GGUF_ARCHITECTURES, type GgufArchitecture } from './config.ts'
import type { GgufFile, GgufTensor } from './file.ts'

/**
 * The file's tensors in its order under their Hugging Face names, quantised ones as float32 of the same values. Throws
 * CheckpointError for a tensor that has no place in the architecture, is missing, or has another shape.
 */
export function tensorsOf(
  file: GgufFile,
  architecture: Architecture,
  own: GgufArchitecture,
  config: ModelConfig,
): LazyTensor[] {
  const places = placesOf(architecture, own, config)
  for (const name of places.keys())
    if (name !== HEAD && !file.tensors.has(name)) throw new CheckpointError(file.name, name, 'is missing')
  const expected = expectedTensors(architecture, config)
  return [...file.tensors.values()].map((tensor) => {
    const place = places.get(tensor.name)
    const shape = expected.get(place?.name ?? '')
    if (!place || !shape) throw new CheckpointError(file.name, tensor.name, `has no place in ${own} here`)
    if (tensor.shape.join() !== shape.join()) {
      const found = `is [${tensor.shape.join(', ')}], expected [${shape.join(', ')}]`
      throw new CheckpointError(file.name, tensor.name, found)
    }
    return { name: place.name, dtype: dtypeOf(tensor), shape, ...contentOf(file, tensor, place) }
  })
}

/** Absent where the head is the embedding. */
const HEAD = 'output.weight'

interface Place {
  readonly name: string
  /** Heads whose rows llama.cpp keeps in another order. */
  readonly heads?: number
}

/** Names on llama.cpp's side: gguf-py's tensor_mapping.py. */
function placesOf(
  { embedding, finalNorm, head, layer: names }: Architecture,
  own: GgufArchitecture,
  { layers, heads, keyValueHeads }: ModelConfig,
): Map<string, Place> {
  const { interleaved } = GGUF_ARCHITECTURES[own]
  const places = new Map<string, Place>([
    ['token_embd.weight', { name: embedding }],
    ['output_norm.weight', { name: finalNorm }],
    [HEAD, { name: head }],
  ])
  for (let layer = 0; layer < layers; layer++) {
    const add = (part: string, name: string, rotated?: number) =>
      places.set(`blk.${layer}.${part}.weight`, {
        name: inLayer(name, layer),
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

const dtypeOf = ({ type }: GgufTensor) => (isBlockType(type) ? 'F32' : type)

function isBlockType(type: GgufTensor['type']): type is BlockType {
  return type in BLOCK_FORMATS
}

/** Weights that are in memory at once, where a head does not ask for more. */
const PIECE_WEIGHTS = 2 ** 22

/** The tensor's bytes in pieces: a head each where its rows are to be put in order, else so many whole blocks. */
function contentOf(file: GgufFile, tensor: GgufTensor, { heads }: Place): Pick<LazyTensor, 'bytes' | 'pieces'> {
  const { type, shape, bytes } = tensor
  const weights = shape.reduce((product, size) => product * size, 1)
  const perPiece = heads === undefined ? PIECE_WEIGHTS : weights / heads
  const pieceBytes = (bytes / weights) * perPiece
  return {
    bytes: weights * (isBlockType(type) || type === 'F32' ? 4 : 2),
    async *pieces() {
      for (let at = 0; at < bytes; at += pieceBytes) {
        const stored = await file.read(tensor, at, Math.min(pieceBytes, bytes - at))
        const decoded = isBlockType(type) ? decode(file, tensor, type, stored) : stored
        yield heads === undefined ? decoded : inOrder(decoded, (shape[0] ?? 0) / heads)
      }
    },
  }
}

function decode(file: GgufFile, tensor: GgufTensor, type: BlockType, stored: Uint8Array): Uint8Array {
  try {
    return new Uint8Array(dequantise(type, stored).buffer)
  } catch (error) {
    if (error instanceof RangeError) throw new CheckpointError(file.name, tensor.name, error.message)
    throw error
  }
}

/**
 * Undoes the order of rows that llama.cpp's converter gives a head of Llama's queries and keys: it puts the two rows
 * that one rotation mixes side by side, Hugging Face half a head apart.
 */
function inOrder(head: Uint8Array, rows: number): Uint8Array {
  const rowBytes = head.length / rows
  const ordered = new Uint8Array(head.length)
  for (let row = 0; row < rows; row++) {
    const from = 2 * (row % (rows / 2)) + Math.floor(row / (rows / 2))
    ordered.set(head.subarray(from * rowBytes, (from + 1) * rowBytes), row * rowBytes)
  }
  return ordered
}
