import type { Builder } from '../builder.ts'
import { broadcast, formatShape, product, quotient, sameShape, sum } from '../dimension.ts'
import { type Attribute, type Dim, int, ints, type Shape, type Value } from '../ir.ts'
import { dimAt, resolveAxis, withDim } from './axis.ts'
import { reshapeVector } from './reshape.ts'

/** Operators that move or regroup elements. */
export function layout(builder: Builder) {
  return {
    /** Same elements, new shape. One size may be -1: what is left. */
    reshape: (x: Value, shape: Shape) => {
      const resolved = inferDim(builder, x, shape)
      const vector = reshapeVector(builder, x.shape, resolved)
      return builder.emitOne({ op: 'Reshape', inputs: [x, builder.integers(vector)] }, x.dtype, resolved)
    },
    transpose: (x: Value, order: readonly number[]) => {
      if (!sameShape([...order].sort(), [...x.shape.keys()])) {
        builder.refuse('Transpose', `[${order.join(', ')}] does not order the axes of ${formatShape(x.shape)}`)
      }
      const shape = order.map((axis) => dimAt(x.shape, axis))
      return builder.emitOne({ op: 'Transpose', inputs: [x], attributes: { perm: ints(order) } }, x.dtype, shape)
    },
    /** Inserts axes of size 1 at the given places of the result. */
    unsqueeze: (x: Value, axes: readonly number[]) => {
      const sorted = [...axes].sort((a, b) => a - b)
      const shape = sorted.reduce<Shape>((dims, axis) => dims.toSpliced(axis, 0, 1), x.shape)
      if (sorted.some((axis) => axis < 0 || axis >= shape.length)) {
        builder.refuse('Unsqueeze', `no place [${axes.join(', ')}] in ${formatShape(x.shape)}`)
      }
      return builder.emitOne({ op: 'Unsqueeze', inputs: [x, builder.integers(sorted)] }, x.dtype, shape)
    },
    squeeze: (x: Value, axes: readonly number[]) => {
      const gone = axes.map((axis) => resolveAxis(builder, 'Squeeze', x, axis))
      const wide = gone.find((axis) => x.shape[axis] !== 1)
      if (wide !== undefined) builder.refuse('Squeeze', `axis ${wide} of ${formatShape(x.shape)} is not 1`)
      const shape = x.shape.filter((_, axis) => !gone.includes(axis))
      return builder.emitOne({ op: 'Squeeze', inputs: [x, builder.integers(gone)] }, x.dtype, shape)
    },
    concat: (parts: readonly Value[], axis: number) => concat(builder, parts, axis),
    split: (x: Value, sizes: readonly number[], axis = -1) => split(builder, x, builder.integers(sizes), sizes, axis),
    /** Splits into parts whose sizes only the run knows: `sizes` int64 [parts] must then hold what `dims` names. */
    splitBy: (x: Value, sizes: Value, dims: Shape, axis = -1) => split(builder, x, sizes, dims, axis),
    /** Broadcasts x to the shape of `like`, which the run reads; x itself when it has that shape. */
    expandLike: (x: Value, like: Value) => {
      if (sameShape(x.shape, like.shape)) return x
      const shape = broadcast(x.shape, like.shape, (reason) => builder.refuse('Expand', reason))
      if (!sameShape(shape, like.shape)) {
        builder.refuse('Expand', `${formatShape(x.shape)} is larger than ${formatShape(like.shape)}`)
      }
      return builder.emitOne({ op: 'Expand', inputs: [x, shapeOf(builder, like)] }, x.dtype, like.shape)
    },
    /** Same elements in the shape of `like`, which the run reads: for shapes that no constant can tell. */
    reshapeLike: (x: Value, like: Value) => {
      if (product(x.shape) !== product(like.shape)) {
        builder.refuse('Reshape', `${formatShape(x.shape)} does not fit ${formatShape(like.shape)}`)
      }
      const attributes = { allowzero: int(1) }
      return builder.emitOne({ op: 'Reshape', inputs: [x, shapeOf(builder, like)], attributes }, x.dtype, like.shape)
    },
    /** `before` and `after` zeros around an axis. */
    pad: (x: Value, before: number, after: number, axis = -1) => {
      const at = resolveAxis(builder, 'Pad', x, axis)
      if (before < 0 || after < 0) builder.refuse('Pad', `${before} and ${after} are not counts`)
      const inputs = [x, builder.integers([before, after]), undefined, builder.integers([at])]
      const shape = withDim(x.shape, at, sum([before, dimAt(x.shape, at), after].filter((dim) => dim !== 0)))
      return builder.emitOne({ op: 'Pad', inputs }, x.dtype, shape)
    },
    /** The sizes of x, int64 [rank]; of the axes from `start` up to but not including `end`, when given. */
    shapeOf: (x: Value, start = 0, end = x.shape.length) => shapeOf(builder, x, start, end),
    /** The number of elements of x, int64 []. */
    sizeOf: (x: Value) => builder.emitOne({ op: 'Size', inputs: [x] }, 'int64', []),
  }
}

function shapeOf(builder: Builder, x: Value, start = 0, end = x.shape.length): Value {
  const attributes: Record<string, Attribute> =
    end - start === x.shape.length ? {} : { start: int(start), end: int(end) }
  return builder.emitOne({ op: 'Shape', inputs: [x], attributes }, 'int64', [end - start])
}

function concat(builder: Builder, parts: readonly Value[], axis: number): Value {
  const [first] = parts
  if (!first) return builder.refuse('Concat', 'nothing to join')
  const at = resolveAxis(builder, 'Concat', first, axis)
  for (const part of parts) {
    if (part.dtype !== first.dtype) builder.refuse('Concat', `parts are ${first.dtype} and ${part.dtype}`)
    if (!sameShape(withDim(part.shape, at, 0), withDim(first.shape, at, 0))) {
      builder.refuse('Concat', `${formatShape(first.shape)} and ${formatShape(part.shape)} differ off axis ${at}`)
    }
  }
  const joined = sum(parts.map((part) => dimAt(part.shape, at)))
  const attributes = { axis: int(at) }
  return builder.emitOne({ op: 'Concat', inputs: parts, attributes }, first.dtype, withDim(first.shape, at, joined))
}

function split(builder: Builder, x: Value, sizes: Value, dims: Shape, axis: number): Value[] {
  const at = resolveAxis(builder, 'Split', x, axis)
  if (sum(dims) !== x.shape[at]) {
    builder.refuse('Split', `${dims.join(' + ')} is not the size of axis ${at} of ${formatShape(x.shape)}`)
  }
  if (sizes.dtype !== 'int64' || !sameShape(sizes.shape, [dims.length])) {
    builder.refuse('Split', `sizes ${sizes.dtype} ${formatShape(sizes.shape)} are not int64 [${dims.length}]`)
  }
  return builder.emit({
    op: 'Split',
    inputs: [x, sizes],
    attributes: { axis: int(at) },
    outputs: dims.map((dim) => ({ dtype: x.dtype, shape: withDim(x.shape, at, dim) })),
  })
}

function inferDim(builder: Builder, x: Value, shape: Shape): Shape {
  const refuse = () => builder.refuse('Reshape', `${formatShape(x.shape)} does not fit ${formatShape(shape)}`)
  const open = shape.indexOf(-1)
  if (open < 0) return product(shape) === product(x.shape) ? shape : refuse()
  const inferred: Dim | undefined = quotient(x.shape, shape.toSpliced(open, 1))
  return inferred === undefined ? refuse() : withDim(shape, open, inferred)
}
