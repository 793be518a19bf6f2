import type { Builder } from '../builder.ts'
import { broadcast, formatShape, product, sameShape } from '../dimension.ts'
import { float, int, type Value } from '../ir.ts'
import { dimAt } from './axis.ts'

/** Operators that ONNX Runtime has as one kernel because transformers need them. */
export function transformer(builder: Builder) {
  const scaleFits = (op: string, x: Value, scale: Value) => {
    const shape = broadcast(x.shape, scale.shape, (reason) => builder.refuse(op, reason))
    if (!sameShape(shape, x.shape) || dimAt(scale.shape, -1) !== dimAt(x.shape, -1)) {
      builder.refuse(op, `scale ${formatShape(scale.shape)} does not fit ${formatShape(x.shape)}`)
    }
  }
  return {
    /** RMSNorm over the last axis: x / √(mean(x²) + ε) · scale. */
    rmsNorm: (x: Value, scale: Value, epsilon: number) => {
      const op = 'SimplifiedLayerNormalization'
      scaleFits(op, x, scale)
      const attributes = { axis: int(-1), epsilon: float(epsilon), stash_type: int(1) }
      return builder.emitOne({ op, inputs: [x, scale], attributes }, x.dtype, x.shape)
    },
    /** sum = x + skip, and its RMSNorm, in one pass: { normalised, sum }. x is [batch, length, width] or [rows, width]. */
    skipRmsNorm: (x: Value, skip: Value, scale: Value, epsilon: number) => {
      const op = 'SkipSimplifiedLayerNormalization'
      if (!sameShape(x.shape, skip.shape)) {
        builder.refuse(op, `${formatShape(x.shape)} and skip ${formatShape(skip.shape)} differ`)
      }
      if (!sameShape(scale.shape, x.shape.slice(-1))) {
        builder.refuse(op, `scale ${formatShape(scale.shape)} does not fit ${formatShape(x.shape)}`)
      }
      const like = { dtype: x.dtype, shape: x.shape }
      const unused = { dtype: 'float32' as const, shape: [] }
      const attributes = { epsilon: float(epsilon) }
      const inputs = [x, skip, scale]
      const outputs = [like, unused, unused, like]
      const [normalised, , , sum] = builder.emit({ op, domain: 'com.microsoft', inputs, attributes, outputs })
      if (!normalised || !sum) return builder.refuse(op, 'has no outputs')
      return { normalised, sum }
    },
    /**
     * Rotates the halves of each head by its position. x is [batch, heads, length, size]; positions int64
     * [batch, length]; the tables are [positions, size / 2].
     */
    rotaryEmbedding: (x: Value, positions: Value, cosine: Value, sine: Value) => {
      const op = 'RotaryEmbedding'
      const [batch, , length, size] = x.shape
      if (x.shape.length !== 4) builder.refuse(op, `needs [batch, heads, length, size], got ${formatShape(x.shape)}`)
      if (product([2, dimAt(cosine.shape, -1)]) !== size || !sameShape(cosine.shape, sine.shape)) {
        const tables = `${formatShape(cosine.shape)} and ${formatShape(sine.shape)}`
        builder.refuse(op, `tables ${tables} do not fit ${formatShape(x.shape)}`)
      }
      if (positions.dtype !== 'int64' || !sameShape(positions.shape, [batch ?? 1, length ?? 1])) {
        const given = `${positions.dtype} ${formatShape(positions.shape)}`
        builder.refuse(op, `positions ${given} do not fit ${formatShape(x.shape)}`)
      }
      const attributes = { interleaved: int(0) }
      const inputs = [x, positions, cosine, sine]
      return builder.emitOne({ op, domain: 'com.microsoft', inputs, attributes }, x.dtype, x.shape)
    },
  }
}
