/** Below −40 the result counts as 0: 2²¹ such terms beside one 1 vanish in double precision. */
const LOWEST = -40
const STEPS_PER_UNIT = 64

/** e^(−j/64). The compiled kernel computes with these very numbers. */
export const EXPONENTIALS = Float64Array.from({ length: -LOWEST * STEPS_PER_UNIT + 1 }, (_, index) =>
  Math.exp(-index / STEPS_PER_UNIT),
)

/**
 * e^x for x ≤ 0, relative error below 10⁻¹¹; 0 below −40. A table of e^(−j/64) and four Taylor terms of the rest,
 * 10 instead of 38 µs for 4,096 arguments: with Math.exp the masses would take a third of a top-p draw.
 */
export function exponential(x: number): number {
  if (!(x >= LOWEST)) return 0
  const index = (x * -STEPS_PER_UNIT) | 0
  const rest = x + index / STEPS_PER_UNIT
  return (EXPONENTIALS[index] ?? 0) * (1 + rest * (1 + rest * (1 / 2 + rest * (1 / 6 + rest * (1 / 24)))))
}
