import type { Builder } from '../builder.ts'
import { formatShape } from '../dimension.ts'
import type { Dim, Shape, Value } from '../ir.ts'

/** The axis counted from the front; negative axes count from the end. Refuses what the shape does not have. */
export function resolveAxis(builder: Builder, op: string, x: Value, axis: number): number {
  const resolved = axis < 0 ? axis + x.shape.length : axis
  if (!Number.isInteger(axis) || resolved < 0 || resolved >= x.shape.length) {
    builder.refuse(op, `${formatShape(x.shape)} has no axis ${axis}`)
  }
  return resolved
}

export function dimAt(shape: Shape, axis: number): Dim {
  return shape.at(axis) ?? 1
}

export function withDim(shape: Shape, axis: number, dim: Dim): Shape {
  return shape.map((old, index) => (index === axis ? dim : old))
}
