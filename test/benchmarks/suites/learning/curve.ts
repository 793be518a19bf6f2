import type { Trace } from '@foretoken/engine'
import { acceptanceLength } from '@foretoken/learning/training'
import { fitted } from './adapters.ts'
import { tokenCount, upTo } from './collect.ts'
import { replayAdapter, replayStatic } from './replays.ts'
import { CHAIN } from './settings.ts'
import type { World } from './world.ts'

export interface CurvePoint {
  /** Completion tokens of traffic that the adapter has learned from. */
  readonly tokens: number
  /** On held-out requests, chains of CHAIN tokens, by replay. */
  readonly acceptanceLength: number
}

/**
 * Acceptance length on held-out requests by how much of the tenant's traffic its adapter has seen; 0 is the static
 * draft.
 */
export async function learningCurve(
  world: World,
  domain: string,
  traces: readonly Trace[],
  heldOut: readonly Trace[],
): Promise<CurvePoint[]> {
  const untrained = await replayStatic(world, world.artifact, heldOut)
  const points: CurvePoint[] = [{ tokens: 0, acceptanceLength: acceptanceLength(untrained, CHAIN) }]
  for (const tokens of world.settings.curve) {
    const seen = upTo(traces, tokens)
    const { values } = await fitted(world, { key: `${domain}-${tokens}`, tenant: domain, traces: seen, threads: 2 })
    const replayed = await replayAdapter(world, world.artifact, values, heldOut)
    points.push({ tokens: tokenCount(seen), acceptanceLength: acceptanceLength(replayed, CHAIN) })
    world.log(`${domain}: ${points.at(-1)?.acceptanceLength.toFixed(2)} after ${tokens} tokens`)
  }
  const { values } = await fitted(world, { key: domain, tenant: domain, traces, threads: 1 })
  const replayed = await replayAdapter(world, world.artifact, values, heldOut)
  return [...points, { tokens: tokenCount(traces), acceptanceLength: acceptanceLength(replayed, CHAIN) }]
}

/** Tokens until `share` of the whole curve's gain was first reached, between its points on a straight line. */
export function tokensUntil(curve: readonly CurvePoint[], share: number): number | null {
  const [first, last] = [curve[0], curve.at(-1)]
  if (!first || !last || last.acceptanceLength <= first.acceptanceLength) return null
  const goal = first.acceptanceLength + share * (last.acceptanceLength - first.acceptanceLength)
  for (const [index, point] of curve.entries()) {
    const before = curve[index - 1]
    if (point.acceptanceLength < goal || !before) continue
    const part = (goal - before.acceptanceLength) / (point.acceptanceLength - before.acceptanceLength)
    return Math.round(before.tokens + part * (point.tokens - before.tokens))
  }
  return null
}
