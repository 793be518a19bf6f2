import type { Trace } from '@foretoken/engine'
import { acceptanceLength } from '@foretoken/learning/training'
import { type Fitted, fitted } from './adapters.ts'
import { prepareWays } from './arms.ts'
import { collect, tokenCount, upTo } from './collect.ts'
import type { Workload } from './corpus.ts'
import { type CurvePoint, learningCurve, tokensUntil } from './curve.ts'
import { type FineTuned, fineTune } from './fine-tune.ts'
import { type Measured, measure } from './measure.ts'
import { replayAdapter } from './replays.ts'
import { CHAIN } from './settings.ts'
import { type SwapTimes, timeSwap } from './swap.ts'
import type { World } from './world.ts'

/** What a tenant was served before it had an adapter, and what it asks afterwards. */
export interface Traffic {
  readonly first: readonly Trace[]
  readonly later: readonly Trace[]
}

export interface TenantResult {
  readonly domain: string
  /** Whether the static draft was trained on this kind of traffic. */
  readonly seen: boolean
  readonly traffic: { readonly requests: number; readonly tokens: number }
  readonly heldOut: { readonly requests: number; readonly tokens: number }
  readonly adapter: { readonly bytes: number; readonly seconds: number; readonly steps: number }
  readonly swap: SwapTimes
  readonly measured: Measured
  readonly curve: readonly CurvePoint[]
  readonly tokensUntil80: number | null
  readonly fineTuned: FineTuned | null
  /** Why the engine took the adapter out of service, by way; empty where it did not. */
  readonly demoted: Readonly<Record<string, string>>
}

/** Plays one tenant: traffic → adapter → the same held-out requests in all ways → learning curve → full fine-tune. */
export async function playTenant(world: World, { domain, seen, ...workload }: Workload): Promise<TenantResult> {
  const { parts, settings, log } = world
  const traffic = await trafficOf(world, { domain, seen, ...workload })
  const { first, later } = traffic
  log(`${domain}: ${tokenCount(first)} tokens of ${first.length} requests to learn from`)
  const adapter = await adapterOf(world, domain, traffic)
  log(`${domain}: adapter fitted in ${adapter.seconds.toFixed(1)} s (${adapter.steps} steps)`)
  const swap = await parts.json(`${domain}/swap`, () => timeSwap(world, adapter))
  const served = await parts.json(`${domain}/served`, () => serveAll(world, domain, traffic, adapter))
  log(`${domain}: ${served.measured.tokens.length} requests served in all ways, ${speeds(served.measured)}`)
  const { extras, fineTune: which } = settings
  const curve = extras ? await parts.json(`${domain}/curve`, () => learningCurve(world, domain, first, later)) : []
  const tuned = extras && (!seen || which === 'all')
  const fineTuned = tuned ? await parts.json(`${domain}/fine-tuned`, () => fineTune(world, first, later)) : null
  if (fineTuned) log(`${domain}: ${fineTuned.acceptanceLength.toFixed(2)} with the whole draft fine-tuned`)
  return {
    domain,
    seen,
    traffic: { requests: first.length, tokens: tokenCount(first) },
    heldOut: { requests: later.length, tokens: tokenCount(later) },
    adapter: { bytes: adapter.bytes.length, seconds: adapter.seconds, steps: adapter.steps },
    swap,
    ...served,
    curve,
    tokensUntil80: tokensUntil(curve, 0.8),
    fineTuned,
  }
}

export async function trafficOf(world: World, { domain, first, later }: Workload): Promise<Traffic> {
  const { tokens } = world.settings
  const collected = await collect(world, { name: `${domain}-first`, prompts: first, tokensMax: tokens })
  return { first: upTo(collected, tokens), later: await collect(world, { name: `${domain}-later`, prompts: later }) }
}

export function adapterOf(world: World, domain: string, { first }: Traffic): Promise<Fitted> {
  return fitted(world, { key: domain, tenant: domain, traces: first, threads: 1 })
}

/** Acceptance length of an adapter on traces, chains of CHAIN tokens, by replay. */
export async function replayedLength(world: World, { values }: Fitted, traces: readonly Trace[]): Promise<number> {
  return acceptanceLength(await replayAdapter(world, world.artifact, values, traces), CHAIN)
}

async function serveAll(world: World, domain: string, { first, later }: Traffic, fitted: Fitted) {
  const { warmUp, measured } = world.settings
  const adapter = await world.draft.readAdapter({ id: `adp_${domain}`, bytes: fitted.bytes })
  await prepareWays(world, { domain, traces: first, adapter: { adapter, measured: fitted } })
  const result = await measure(world, domain, later.slice(0, warmUp + measured), warmUp)
  const demoted = [...world.demoted].filter(([tenant]) => tenant.startsWith(`${domain}/`))
  return { measured: result, demoted: Object.fromEntries(demoted) }
}

function speeds({ ways }: Measured): string {
  return `auto ${ways.auto.speedUp.total.toFixed(2)}× plain, static ${ways.static.speedUp.total.toFixed(2)}×`
}
