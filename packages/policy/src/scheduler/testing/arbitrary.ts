import fc from 'fast-check'
import { DEFAULT_RULES, type Rules } from '../rules.ts'
import { PLACES, type SchedulerState, type TenantState } from '../state.ts'

const DAY_MS = 24 * 3_600 * 1_000
export const NOW_MS = 100 * DAY_MS

/** Evenly between bounds: `fc.double` draws from all doubles alike, and most of these are tiny. */
function between(min: number, max: number): fc.Arbitrary<number> {
  return fc.integer({ min: 0, max: 10_000 }).map((part) => min + ((max - min) * part) / 10_000)
}

const share = between(0, 1)
const past = share.map((part) => NOW_MS - part * 30 * DAY_MS)
const paired = fc.record({
  gain: between(0.5, 1.8),
  lower: between(0.4, 1.7),
})
const averages = fc.record({
  fast: between(1, 8),
  slow: between(1, 8),
  count: fc.nat(100_000),
})
const outcome = fc.record({
  atMs: past,
  promoted: fc.boolean(),
  gain: between(-0.2, 0.5),
  tokens: fc.integer({ min: 1_000, max: 20_000 }),
})
const live = fc.record({
  version: fc.integer({ min: 1, max: 9 }),
  sinceMs: past,
  bytes: fc.integer({ min: 400_000, max: 900_000 }),
  cheapBytes: fc.integer({ min: 4_000, max: 12_000 }),
  place: fc.constantFrom(...PLACES),
  previousStored: fc.boolean(),
})
const trial = fc.record({
  version: fc.integer({ min: 1, max: 9 }),
  stage: fc.constantFrom('shadow' as const, 'canary' as const),
  sinceMs: past,
  requests: fc.nat(200),
  over: fc.record({ 'the static draft': paired }),
})

function mostly<Value>(usual: Value, rare: Value): fc.Arbitrary<Value> {
  return fc.constantFrom(usual, usual, usual, rare)
}

/** Any tenant at all, sensible or not. */
export const anyTenant: fc.Arbitrary<Omit<TenantState, 'tenant'>> = fc.record({
  plan: fc.constantFrom('free', 'standard', 'priority', 'unknown'),
  learning: mostly(true, false),
  control: fc.constantFrom(
    'auto' as const,
    'auto' as const,
    'auto' as const,
    'ordered' as const,
    'rollout' as const,
    'held' as const,
  ),
  requestsPerDay: between(0, 1e5),
  tokensPerDay: between(0, 1e7),
  targetMsPerDay: between(0, 1e8),
  tokensNew: fc.nat(50_000),
  tokensUsable: fc.nat(100_000),
  requestsUsable: fc.nat(1_000),
  enoughSinceMs: fc.option(past),
  static: averages,
  adaptive: averages,
  cusum: between(0, 200),
  arm: fc.constantFrom('static' as const, 'adaptive' as const),
  outcomes: fc.array(outcome, { maxLength: 4 }),
  lastTrainedMs: fc.option(past),
  runOpen: mostly(false, true),
  live: fc.option(live),
  trial: fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: trial }),
})

export const anyTenants = fc
  .array(anyTenant, { maxLength: 60 })
  .map((states) => states.map((state, at): TenantState => ({ ...state, tenant: `ten_${at}` })))

/** Rules under which budget and memory are scarce for some dozens of tenants. */
export const SCARCE: Rules = {
  ...DEFAULT_RULES,
  training: { ...DEFAULT_RULES.training, budgetMs: 200_000, roundMs: 3_600_000, agedRounds: 24 },
  memory: { ...DEFAULT_RULES.memory, hotBytesMax: 1_500_000, diskBytesMax: 1_500_000, storeBytesMax: 5_000_000 },
}

export const anyState: fc.Arbitrary<SchedulerState> = fc.record({
  tenants: anyTenants,
  budget: fc.record({
    periodStartMs: share.map((part) => NOW_MS - part * DAY_MS),
    spentMs: share.map((part) => 220_000 * part),
  }),
})
