import type { Nano } from './money.ts'

export interface Ask {
  readonly wantedNano: Nano
  readonly neededNano: Nano
}

export interface Cover {
  /** Whether what a request costs by now has been granted: only then may it be delivered. */
  readonly covered: boolean
  /** More to ask for, in time where it is covered still; null: enough is left. */
  readonly ask: Ask | null
}

/**
 * What a running request does about its budget: nothing is delivered that was not granted before, and more is asked for
 * while half a slice is left, so that it hardly ever waits. Near the end of a budget it takes what there is.
 *
 * @param sliceNano how much is asked for at a time; 0 for what is free
 */
export function cover(grantedNano: Nano, costNano: Nano, sliceNano: Nano): Cover {
  const left = grantedNano - costNano
  if (left >= sliceNano / 2n && left >= 0n) return { covered: true, ask: null }
  const missing = left < 0n ? -left : 0n
  return {
    covered: left >= 0n,
    ask: { wantedNano: missing + sliceNano, neededNano: missing > 0n ? missing : 1n },
  }
}
