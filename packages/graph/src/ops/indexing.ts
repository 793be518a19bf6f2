import type { Builder } from '../builder.ts'
import { formatShape, sameShape } from '../dimension.ts'
import { type Dim, int, string, type Value } from '../ir.ts'
import { resolveAxis, withDim } from './axis.ts'

/** Operators that pick elements by position. */
export function indexing(builder: Builder) {
  const integer = (op: string, indices: Value) => {
    if (indices.dtype !== 'int32' && indices.dtype !== 'int64') builder.refuse(op, `indices are ${indices.dtype}`)
  }
  return {
    /** Replaces the axis by the shape of `indices`: rows of a table, for axis 0. */
    gather: (x: Value, indices: Value, axis = 0) => {
      integer('Gather', indices)
      const at = resolveAxis(builder, 'Gather', x, axis)
      const shape = x.shape.toSpliced(at, 1, ...indices.shape)
      return builder.emitOne({ op: 'Gather', inputs: [x, indices], attributes: { axis: int(at) } }, x.dtype, shape)
    },
    /** One element per index along the axis; x and indices have the same rank. */
    gatherElements: (x: Value, indices: Value, axis = -1) => {
      integer('GatherElements', indices)
      const at = resolveAxis(builder, 'GatherElements', x, axis)
      if (!sameShape(withDim(x.shape, at, 0), withDim(indices.shape, at, 0))) {
        const shapes = `${formatShape(x.shape)} and ${formatShape(indices.shape)}`
        builder.refuse('GatherElements', `${shapes} differ off axis ${at}`)
      }
      const attributes = { axis: int(at) }
      return builder.emitOne({ op: 'GatherElements', inputs: [x, indices], attributes }, x.dtype, indices.shape)
    },
    /**
     * x plus `updates`, each added where `indices` points along the axis; one place may be met several times.
     * indices and updates have one shape, which differs from x on the axis only.
     */
    scatterAdd: (x: Value, indices: Value, updates: Value, axis = -1) => {
      const op = 'ScatterElements'
      integer(op, indices)
      const at = resolveAxis(builder, op, x, axis)
      const fits = sameShape(indices.shape, updates.shape) && updates.dtype === x.dtype
      if (!fits || !sameShape(withDim(x.shape, at, 0), withDim(indices.shape, at, 0))) {
        const given = `indices ${formatShape(indices.shape)} and updates ${updates.dtype} ${formatShape(updates.shape)}`
        builder.refuse(op, `${given} do not fit ${x.dtype} ${formatShape(x.shape)} along axis ${at}`)
      }
      const attributes = { axis: int(at), reduction: string('add') }
      return builder.emitOne({ op, inputs: [x, indices, updates], attributes }, x.dtype, x.shape)
    },
    /** Elements from `start` up to but not including `end` of one axis of known size; negative counts from the end. */
    slice: (x: Value, start: number, end: number, axis = -1) => {
      const at = resolveAxis(builder, 'Slice', x, axis)
      const size: Dim = x.shape[at] ?? 1
      if (typeof size !== 'number') return builder.refuse('Slice', `axis ${at} of ${formatShape(x.shape)} is symbolic`)
      const [from, to] = [start, end].map((bound) => Math.max(0, bound < 0 ? bound + size : Math.min(bound, size)))
      const length = (to ?? 0) - (from ?? 0)
      if (length <= 0) builder.refuse('Slice', `${start} to ${end} of ${formatShape(x.shape)} is empty`)
      const inputs = [x, ...[from ?? 0, to ?? 0, at].map((bound) => builder.integers([bound]))]
      return builder.emitOne({ op: 'Slice', inputs }, x.dtype, withDim(x.shape, at, length))
    },
  }
}
