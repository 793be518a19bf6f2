import fc from 'fast-check'
import type { Shape } from '../ir.ts'

interface Operand {
  readonly dims: readonly number[]
  /** Symbolic on some axes, as a graph would know it. */
  readonly shape: Shape
}

/** Two shapes of rank 0 to 3 that broadcast: axes of size 1 on either side, missing axes in front, symbolic sizes. */
export const broadcastPair: fc.Arbitrary<{ left: Operand; right: Operand }> = fc
  .record({
    axes: fc.array(
      fc.record({
        size: fc.integer({ min: 1, max: 3 }),
        symbolic: fc.boolean(),
        wide: fc.constantFrom('left', 'right', 'both', 'both'),
      }),
      { maxLength: 3 },
    ),
    dropped: fc.record({ left: fc.nat(2), right: fc.nat(2) }),
  })
  .map(({ axes, dropped }) => {
    const operand = (side: 'left' | 'right'): Operand => {
      const present = axes.map(({ wide }) => wide === side || wide === 'both')
      const front = Math.min(side === 'left' ? dropped.left : dropped.right, axes.length)
      const dims = axes.map(({ size }, axis) => (present[axis] ? size : 1))
      const shape = axes.map(({ size, symbolic }, axis) => (!present[axis] ? 1 : symbolic ? `axis${axis}` : size))
      return { dims: dims.slice(front), shape: shape.slice(front) }
    }
    return { left: operand('left'), right: operand('right') }
  })
