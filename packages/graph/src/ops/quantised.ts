import type { Builder } from '../builder.ts'
import { formatShape, sameShape } from '../dimension.ts'
import { int, type Value } from '../ir.ts'
import { dimAt } from './axis.ts'

export interface BlockQuantised {
  /** uint8 [N, K / blockSize, blockSize · bits / 8]: each block holds one row's next K elements, low nibble first. */
  readonly blocks: Value
  /** float32 [N · K / blockSize]. */
  readonly scales: Value
  readonly bits: 4 | 8
  readonly blockSize: number
  /** 4: the activations are quantised to 8 bits and multiplied as integers; 1: fp32 throughout. */
  readonly accuracyLevel: 1 | 4
}

/** Products with weights that are stored in 4 or 8 bits. */
export function quantised(builder: Builder) {
  return {
    /** [..., K] · Wᵀ → [..., N] for a block-quantised W [N, K], symmetric around 2^(bits-1). */
    matMulNBits: (x: Value, weight: BlockQuantised) => {
      const { blocks, scales, bits, blockSize, accuracyLevel } = weight
      const op = 'MatMulNBits'
      const [rows, blockCount] = [dimAt(blocks.shape, 0), dimAt(blocks.shape, 1)]
      if (typeof rows !== 'number' || typeof blockCount !== 'number') return builder.refuse(op, 'weights are symbolic')
      const inner = blockCount * blockSize
      if (!sameShape(blocks.shape, [rows, blockCount, (blockSize * bits) / 8]) || blocks.dtype !== 'uint8') {
        builder.refuse(op, `blocks ${blocks.dtype} ${formatShape(blocks.shape)} are not ${bits}-bit by ${blockSize}`)
      }
      if (!sameShape(scales.shape, [rows * blockCount])) {
        builder.refuse(op, `scales ${formatShape(scales.shape)} do not fit blocks ${formatShape(blocks.shape)}`)
      }
      if (dimAt(x.shape, -1) !== inner) {
        builder.refuse(op, `${formatShape(x.shape)} does not end in the ${inner} columns of the weights`)
      }
      const attributes = {
        K: int(inner),
        N: int(rows),
        bits: int(bits),
        block_size: int(blockSize),
        accuracy_level: int(accuracyLevel),
      }
      const shape = [...x.shape.slice(0, -1), rows]
      return builder.emitOne({ op, domain: 'com.microsoft', inputs: [x, blocks, scales], attributes }, x.dtype, shape)
    },
  }
}
