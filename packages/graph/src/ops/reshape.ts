import type { Builder } from '../builder.ts'
import { formatShape } from '../dimension.ts'
import type { Shape } from '../ir.ts'

/**
 * The constant that tells ONNX's Reshape a shape with symbolic sizes: 0 copies the input's size at the same place,
 * and one size may be -1. Anything else would need shape arithmetic at run time, some microseconds per operator.
 */
export function reshapeVector(builder: Builder, from: Shape, to: Shape): number[] {
  let inferred: string | undefined
  return to.map((dim, axis) => {
    if (typeof dim === 'number') return dim
    if (from[axis] === dim) return 0
    if (inferred !== undefined) {
      const reason = `from ${formatShape(from)} to ${formatShape(to)} leaves both ${inferred} and ${dim} to the run`
      return builder.refuse('Reshape', reason)
    }
    inferred = dim
    return -1
  })
}
