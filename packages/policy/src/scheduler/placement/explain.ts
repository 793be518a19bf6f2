import { type Decision, type DecisionKind, timeText } from '../decision.ts'
import type { MemoryRules } from '../rules.ts'
import { PLACES, type Place, type TenantState } from '../state.ts'
import { savedByDraft } from '../training/value.ts'
import { cheapWorth, storePrice } from './choose-places.ts'

const KINDS: Readonly<Record<Place, DecisionKind>> = {
  hot: 'keep-hot',
  disk: 'keep-on-disk',
  store: 'keep-in-store',
  'cheap-parts': 'keep-cheap-parts',
  nowhere: 'drop',
}

/** Why a tenant's draft lies where it does from now on; null where it has none, or nothing of it is left. */
export function explainPlace(state: TenantState, place: Place | undefined, rules: MemoryRules): Decision | null {
  const { live } = state
  if (!live || !place || live.place === 'nowhere') return null
  const savedMs = savedByDraft(state)
  const worth = (where: Place) => (where === 'hot' ? savedMs : where === 'cheap-parts' ? cheapWorth(state, rules) : 0)
  const costMs = live.bytes * storePrice(rules)
  return {
    tenant: state.tenant,
    kind: KINDS[place],
    changes: place !== live.place,
    value: worth(place),
    inputs: { savedMsPerDay: savedMs, bytes: live.bytes, cheapBytes: live.cheapBytes, storeMsPerDay: costMs },
    alternatives: PLACES.filter((other) => other !== place).map((other) => ({
      kind: KINDS[other],
      value: worth(other),
    })),
    reason: REASONS[place](timeText(savedMs), live.bytes / 2 ** 20),
  }
}

type Reason = (saved: string, megabytes: number) => string

const REASONS: Readonly<Record<Place, Reason>> = {
  hot: (saved, size) => `It saves ${saved} of target time a day for ${size.toFixed(1)} MB of memory.`,
  disk: (saved) => `Others save more per byte of memory than its ${saved} a day, so it waits on disk.`,
  store: (saved) => `Others save more per byte of memory and disk than its ${saved} a day.`,
  'cheap-parts': (saved) =>
    `Its ${saved} a day do not pay for the weights; its calibration and hot-list stay for when it returns.`,
  nowhere: () => 'It has asked for so little, for so long, that not even its calibration pays for its bytes.',
}
