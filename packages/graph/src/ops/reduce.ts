import type { Builder } from '../builder.ts'
import { int, type Shape, type Value } from '../ir.ts'
import { resolveAxis, withDim } from './axis.ts'

/** Operators along axes. Reductions keep the reduced axis as size 1 unless told otherwise. */
export function reduce(builder: Builder) {
  const reduction =
    (op: string) =>
    (x: Value, axes: readonly number[], { keepDims = true } = {}) => {
      // ONNX takes no axes for all axes, and then the shape below would be wrong.
      if (axes.length === 0 && x.shape.length > 0) builder.refuse(op, 'names no axes')
      const reduced = axes.map((axis) => resolveAxis(builder, op, x, axis))
      const kept: Shape = reduced.reduce((shape, axis) => withDim(shape, axis, 1), x.shape)
      const shape = keepDims ? kept : x.shape.filter((_, axis) => !reduced.includes(axis))
      const attributes = { keepdims: int(keepDims ? 1 : 0) }
      return builder.emitOne({ op, inputs: [x, builder.integers(reduced)], attributes }, x.dtype, shape)
    }
  const alongAxis =
    (op: string) =>
    (x: Value, axis = -1) => {
      const attributes = { axis: int(resolveAxis(builder, op, x, axis)) }
      return builder.emitOne({ op, inputs: [x], attributes }, x.dtype, x.shape)
    }
  return {
    reduceSum: reduction('ReduceSum'),
    reduceSumSquare: reduction('ReduceSumSquare'),
    reduceMean: reduction('ReduceMean'),
    reduceMax: reduction('ReduceMax'),
    softmax: alongAxis('Softmax'),
    logSoftmax: alongAxis('LogSoftmax'),
    /** Index of the largest element; the axis goes away. */
    argMax: (x: Value, axis = -1) => {
      const at = resolveAxis(builder, 'ArgMax', x, axis)
      const attributes = { axis: int(at), keepdims: int(0) }
      const shape = x.shape.filter((_, index) => index !== at)
      return builder.emitOne({ op: 'ArgMax', inputs: [x], attributes }, 'int64', shape)
    },
    /** The k largest along the axis, in falling order: [values, indices]. */
    topK: (x: Value, k: number, axis = -1): [Value, Value] => {
      const at = resolveAxis(builder, 'TopK', x, axis)
      const size = x.shape[at]
      if (typeof size === 'number' && k > size) builder.refuse('TopK', `asks for ${k} of ${size}`)
      const shape = withDim(x.shape, at, k)
      const [values, indices] = builder.emit({
        op: 'TopK',
        inputs: [x, builder.integers([k])],
        attributes: { axis: int(at) },
        outputs: [
          { dtype: x.dtype, shape },
          { dtype: 'int64', shape },
        ],
      })
      if (!values || !indices) return builder.refuse('TopK', 'has no outputs')
      return [values, indices]
    },
  }
}
