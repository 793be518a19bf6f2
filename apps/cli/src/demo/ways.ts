/** The ways to serve a request that the demo compares, from the plainest on. */
export const WAYS = ['none', 'static', 'adaptive', 'auto'] as const
export type Way = (typeof WAYS)[number]

/** `auto` has the adapter as soon as there is one; until then it has the static draft. The suffix index always. */
export const WAY_NAMES: Readonly<Record<Way, string>> = {
  none: 'none',
  static: 'static',
  adaptive: 'adaptive',
  auto: 'adaptive + suffix',
}

/** Served as the tenant's twin, so that the tenant's own suffix index does not get to know the answer by it. */
export const isTwinsWay = (way: Way): boolean => way === 'none' || way === 'static'

/**
 * Who goes first with the `turn`th prompt: the ways take turns. Only `auto` always goes before `adaptive`: both are the
 * tenant's own, and whichever ran first has told the suffix index, which `adaptive` does not use, what the answer is.
 */
export function orderOf(ways: readonly Way[], turn: number): Way[] {
  const first = turn % Math.max(1, ways.length)
  const order = [...ways.slice(first), ...ways.slice(0, first)]
  const [auto, adaptive] = [order.indexOf('auto'), order.indexOf('adaptive')]
  if (adaptive < 0 || auto < adaptive) return order
  return order.map((way) => (way === 'auto' ? 'adaptive' : way === 'adaptive' ? 'auto' : way))
}
