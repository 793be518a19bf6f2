import { acceptanceLength } from '@foretoken/learning/training'
import { fitted } from './adapters.ts'
import { tokenCount, upTo } from './collect.ts'
import { replayStatic } from './replays.ts'
import { CHAIN } from './settings.ts'
import { adapterOf, replayedLength, type Traffic } from './tenant.ts'
import type { World } from './world.ts'

/** Acceptance lengths on held-out requests of both domains, chains of CHAIN tokens, by replay. */
export interface ShiftPoint {
  /** Tokens of the new domain's traffic that were learned from, beside all of the old one's. */
  readonly newTokens: number
  readonly onNew: number
  readonly onOld: number
}

export interface ShiftResult {
  readonly from: string
  readonly to: string
  readonly oldTokens: number
  readonly static: { readonly onNew: number; readonly onOld: number }
  /** The first point is the old adapter, met by the new domain. */
  readonly points: readonly ShiftPoint[]
  /** An adapter that learned from the new domain alone, from as many tokens as the old one had. */
  readonly native: number
}

export interface ShiftingTenant {
  readonly from: { readonly domain: string; readonly traffic: Traffic }
  readonly to: { readonly domain: string; readonly traffic: Traffic }
}

/** A tenant whose traffic changes from one domain to another: its adapter is retrained on old and new traces mixed. */
export async function playShift(world: World, { from, to }: ShiftingTenant): Promise<ShiftResult> {
  const { artifact, settings, log } = world
  const lengths = async (adapter: Awaited<ReturnType<typeof fitted>>, newTokens: number): Promise<ShiftPoint> => ({
    newTokens,
    onNew: await replayedLength(world, adapter, to.traffic.later),
    onOld: await replayedLength(world, adapter, from.traffic.later),
  })
  const old = await adapterOf(world, from.domain, from.traffic)
  const points = [await lengths(old, 0)]
  for (const tokens of settings.shift) {
    const fresh = upTo(to.traffic.first, tokens)
    const request = { key: `shift-${tokens}`, tenant: 'shift', traces: [...from.traffic.first, ...fresh], threads: 2 }
    points.push(await lengths(await fitted(world, request), tokenCount(fresh)))
    log(`${from.domain} → ${to.domain}: ${points.at(-1)?.onNew.toFixed(2)} after ${tokens} new tokens`)
  }
  const untrained = async ({ later }: Traffic) => acceptanceLength(await replayStatic(world, artifact, later), CHAIN)
  return {
    from: from.domain,
    to: to.domain,
    oldTokens: tokenCount(from.traffic.first),
    static: { onNew: await untrained(to.traffic), onOld: await untrained(from.traffic) },
    points,
    native: await replayedLength(world, await adapterOf(world, to.domain, to.traffic), to.traffic.later),
  }
}
