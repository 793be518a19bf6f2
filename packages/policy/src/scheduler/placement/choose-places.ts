import type { MemoryRules } from '../rules.ts'
import type { LiveDraft, Place, TenantState } from '../state.ts'
import { savedByDraft } from '../training/value.ts'

/** Where each tenant's draft should lie, by the tenant's place in the state; undefined for who has none. */
export type PlaceChoice = readonly (Place | undefined)[]

/**
 * What saves most per byte lies in memory, the next on disk, then in the store, as far as quotas go. In the store a draft
 * stays while it is expected to save more than its bytes cost there. What leaves does so by tiers: weights first, while
 * the cheap parts (calibration, hot-list) give a returning tenant a part of the gain for a hundredth of the bytes, so
 * they pay for a longer time.
 */
export function choosePlaces(tenants: readonly TenantState[], rules: MemoryRules): PlaceChoice {
  const places: (Place | undefined)[] = new Array(tenants.length)
  const drafts: Ranked[] = []
  for (const [at, state] of tenants.entries()) {
    const { live } = state
    if (!live) continue
    if (live.place === 'nowhere' || live.place === 'cheap-parts') {
      places[at] = cheapPlace(live, state, rules)
      continue
    }
    const stays = live.place === 'hot' ? 1 + rules.stayBonus : 1
    drafts.push({ at, bytes: live.bytes, perByte: (stays * savedByDraft(state)) / live.bytes })
  }
  drafts.sort((a, b) => b.perByte - a.perByte || a.at - b.at)
  const [price, left] = [
    storePrice(rules),
    { hot: rules.hotBytesMax, disk: rules.diskBytesMax, store: rules.storeBytesMax },
  ]
  for (const { at, bytes, perByte } of drafts) {
    const state = tenants[at]
    if (!state?.live) continue
    const isWorth = perByte > price && bytes <= left.store
    if (!isWorth) {
      places[at] = cheapPlace(state.live, state, rules)
      continue
    }
    // Blobs are immutable in the store; memory and disk hold copies.
    left.store -= bytes
    const place = bytes <= left.hot ? 'hot' : bytes <= left.disk ? 'disk' : 'store'
    if (place !== 'store') left[place] -= bytes
    places[at] = place
  }
  return places
}

interface Ranked {
  readonly at: number
  readonly bytes: number
  /** Milliseconds saved a day. */
  readonly perByte: number
}

/** In milliseconds a day for each byte. */
export function storePrice({ storeMsPerGiBDay }: MemoryRules): number {
  return storeMsPerGiBDay / 2 ** 30
}

function cheapPlace(live: LiveDraft, state: TenantState, rules: MemoryRules): Place {
  if (live.place === 'nowhere') return 'nowhere'
  return cheapWorth(state, rules) > live.cheapBytes * storePrice(rules) ? 'cheap-parts' : 'nowhere'
}

/** Milliseconds a day that the cheap parts alone save: by what the draft gained when there was one. */
export function cheapWorth(state: TenantState, rules: MemoryRules): number {
  const gain = Math.max(0, state.outcomes.findLast(({ promoted }) => promoted)?.gain ?? 0)
  return (rules.cheapShare * state.targetMsPerDay * gain) / (1 + gain)
}
