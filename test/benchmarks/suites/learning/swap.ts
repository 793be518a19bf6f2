import { setImmediate as nextTick } from 'node:timers/promises'
import { median } from '../../report.ts'
import type { Fitted } from './adapters.ts'
import type { World } from './world.ts'

export interface SwapTimes {
  /**
   * From an adapter's bytes to what the graphs are fed, beside serving; and the longest it keeps the thread from
   * others.
   */
  readonly readMs: number
  readonly longestPieceMs: number
  /** The swap itself, between two steps. */
  readonly swapMs: number
  /** How much longer the first draft with the new adapter takes than the ones after it. */
  readonly firstDraftMs: number
}

/** Medians over ROUNDS swaps of an adapter that a tenant already serves with. */
export async function timeSwap({ draft, neural, artifact }: World, { bytes, ...measured }: Fitted): Promise<SwapTimes> {
  const hidden = new Float32Array(artifact.shape.hiddenSize).fill(0.1)
  const times: SwapTimes[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const pieces = watchThread()
    const started = performance.now()
    const adapter = await draft.readAdapter({ id: `adp_${round}`, bytes })
    const readMs = performance.now() - started
    const longestPieceMs = await pieces.stop()
    const swapping = performance.now()
    neural.adopt('swap', adapter, measured)
    const swapMs = performance.now() - swapping
    const drafts: number[] = []
    for (let call = 0; call < 6; call++) {
      const drafting = performance.now()
      await draft.draft([{ hidden, context: draft.contextOf([1]), adapter }], 4)
      drafts.push(performance.now() - drafting)
    }
    times.push({ readMs, longestPieceMs, swapMs, firstDraftMs: (drafts[0] ?? 0) - median(drafts.slice(1)) })
  }
  const middle = (field: keyof SwapTimes) => median(times.map((each) => each[field]))
  return {
    readMs: middle('readMs'),
    longestPieceMs: middle('longestPieceMs'),
    swapMs: middle('swapMs'),
    firstDraftMs: middle('firstDraftMs'),
  }
}

const ROUNDS = 11

/** Turns of the event loop show how long each piece of work holds it. */
function watchThread(): { stop(): Promise<number> } {
  let [longest, stopped, last] = [0, false, performance.now()]
  const watching = (async () => {
    while (!stopped) {
      await nextTick()
      const now = performance.now()
      longest = Math.max(longest, now - last)
      last = now
    }
  })()
  return {
    stop: async () => {
      stopped = true
      await watching
      return longest
    },
  }
}
