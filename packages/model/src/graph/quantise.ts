import type { ModelConfig } from '../checkpoint/config.ts'
import { CheckpointError } from '../checkpoint/error.ts'
import type { Matrix } from './matrix.ts'

/** One scale per this many consecutive weights of a row. */
export const blockSize = 32

export interface QuantisedMatrix {
  /** [rows, columns / 32, 32 · bits / 8] */
  readonly blocks: Uint8Array
  /** [rows · columns / 32] */
  readonly scales: Float32Array
}

/**
 * Symmetric block quantisation as MatMulNBits reads it: weight = (code − 2^(bits−1)) · scale, low nibble first.
 *
 * The scale puts the block's largest magnitude on the far negative code (−128, −8), which has no positive twin: the
 * whole range is used and that weight is exact.
 */
export function quantise(matrix: Matrix, bits: 4 | 8): QuantisedMatrix {
  const { data } = matrix
  const middle = 2 ** (bits - 1)
  const blockCount = data.length / blockSize
  const blocks = new Uint8Array((data.length * bits) / 8)
  const scales = new Float32Array(blockCount)
  for (let block = 0; block < blockCount; block += 1) {
    const start = block * blockSize
    const scale = extreme(data, start) / -middle
    scales[block] = scale
    const inverse = scale === 0 ? 0 : 1 / scale
    for (let offset = 0; offset < blockSize; offset += 1) {
      const code = Math.round((data[start + offset] ?? 0) * inverse) + middle
      const clamped = Math.min(2 * middle - 1, Math.max(0, code))
      if (bits === 8) blocks[start + offset] = clamped
      else {
        const at = (start + offset) >> 1
        blocks[at] = (blocks[at] ?? 0) | (offset & 1 ? clamped << 4 : clamped)
      }
    }
  }
  return { blocks, scales }
}

/** Throws CheckpointError for a model whose rows do not divide into blocks. */
export function requireWholeBlocks(config: ModelConfig): void {
  const inputs = {
    hidden_size: config.hiddenSize,
    intermediate_size: config.feedForwardSize,
    head_dim: config.heads * config.headDim,
  }
  for (const [field, columns] of Object.entries(inputs)) {
    if (columns % blockSize !== 0) {
      const reason = `quantised weights need rows of a multiple of ${blockSize}, got ${columns}`
      throw new CheckpointError('config.json', field, reason)
    }
  }
}

/** The block's weight of largest magnitude, with its sign. */
function extreme(data: Float32Array, start: number): number {
  let found = 0
  for (let index = start; index < start + blockSize; index += 1) {
    const value = data[index] ?? 0
    if (Math.abs(value) > Math.abs(found)) found = value
  }
  return found
}
