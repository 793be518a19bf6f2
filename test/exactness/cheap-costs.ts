import { CostTable } from '@foretoken/drafting'

/**
 * Rows and drafts are nearly free by this table, so that the controller drafts all it can and likes trees; and it stays
 * so, whatever steps take on a machine that has other things to do.
 */
export function cheapCosts(): CostTable {
  const at = (ms: number) =>
    [1, 2, 16].flatMap((batch) => [1, 17].map((length) => ({ batch, length, ms: ms * batch ** 0.01 * length ** 0.01 })))
  return new SteadyCosts(at(10), [{ static: at(0.01), adaptive: at(0.01) }])
}

class SteadyCosts extends CostTable {
  override observeTarget(): void {}
  override observeDrafts(): void {}
}
