import type { Adapter, MeasuredAcceptance } from '@foretoken/drafting'
import type { SpeculationParameters, Trace } from '@foretoken/engine'
import { CHAIN } from './settings.ts'
import type { World } from './world.ts'

/** How a request is served: each way is a tenant of its own, so that none learns from another's runs. */
export interface Way {
  readonly name: WayName
  readonly speculation: SpeculationParameters
  /** The tenant has its adapter. */
  readonly adapted: boolean
  /** The suffix index knows what the tenant was served while its traces were collected. */
  readonly remembers: boolean
}

/** What is timed: the controller sets the lookahead. `static+suffix` is `auto` for a tenant without an adapter. */
export const TIMED_WAYS = ['none', 'suffix', 'static', 'adaptive', 'static+suffix', 'auto'] as const
/** What acceptance is compared with: chains of CHAIN tokens, whether or not they pay. */
export const CHAIN_WAYS = ['suffix chain', 'static chain', 'adaptive chain'] as const
export type TimedWay = (typeof TIMED_WAYS)[number]
export type WayName = TimedWay | (typeof CHAIN_WAYS)[number]

const chain = { lookahead: CHAIN }

export const WAYS: readonly Way[] = [
  { name: 'none', speculation: { arm: 'none' }, adapted: false, remembers: false },
  { name: 'suffix', speculation: { arm: 'suffix' }, adapted: false, remembers: true },
  { name: 'static', speculation: { arm: 'static' }, adapted: false, remembers: false },
  { name: 'adaptive', speculation: { arm: 'adaptive' }, adapted: true, remembers: false },
  { name: 'static+suffix', speculation: { arm: 'auto' }, adapted: false, remembers: true },
  { name: 'auto', speculation: { arm: 'auto' }, adapted: true, remembers: true },
  { name: 'suffix chain', speculation: { arm: 'suffix', ...chain }, adapted: false, remembers: true },
  { name: 'static chain', speculation: { arm: 'static', ...chain }, adapted: false, remembers: false },
  { name: 'adaptive chain', speculation: { arm: 'adaptive', ...chain }, adapted: true, remembers: false },
]

export const tenantOf = (domain: string, way: WayName) => `${domain}/${way}`

export interface TenantHistory {
  readonly domain: string
  readonly traces: readonly Trace[]
  readonly adapter: { readonly adapter: Adapter; readonly measured: MeasuredAcceptance }
}

/** Gives each way's tenant what it would have by now. */
export async function prepareWays(
  { suffix, neural }: Pick<World, 'suffix' | 'neural'>,
  history: TenantHistory,
): Promise<void> {
  const { domain, traces, adapter } = history
  for (const way of WAYS) {
    const tenant = tenantOf(domain, way.name)
    if (way.adapted) neural.adopt(tenant, adapter.adapter, adapter.measured)
    if (way.remembers) for (const trace of traces) await remember(suffix, tenant, trace)
  }
}

/**
 * Plays a recorded completion through the suffix arm as verification would have: it proposes, hears what was committed,
 * and keeps the whole, so that index and calibration are those of a tenant that was served it.
 */
async function remember(suffix: World['suffix'], tenant: string, { prompt, tokens }: Trace): Promise<void> {
  const session = suffix.open({ tenant, prompt: [...prompt] })
  for (let at = 0; at < tokens.length; ) {
    const [proposal] = await suffix.propose([{ session, arm: 'suffix', lookaheadMax: CHAIN }])
    const wrong = proposal?.tokens.findIndex((token, depth) => token !== tokens[at + depth]) ?? 0
    const accepted = wrong < 0 ? (proposal?.tokens.length ?? 0) : wrong
    session.commit({ tokens: [...tokens.subarray(at, at + accepted + 1)], hidden: [] })
    at += accepted + 1
  }
  session.close(true)
}
