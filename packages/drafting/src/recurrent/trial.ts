import { drawAt } from '../controller/draw.ts'
import type { TrialStep } from '../speculator.ts'
import type { AdapterPool } from './adapter-pool.ts'

/**
 * Where the pool keeps what a tenant tries: beside what serves it, under a name that no tenant has. So a candidate is
 * loaded, pinned, evicted and demoted as any adapter is, and costs a tenant without one a look into a map.
 */
export const candidatePlace = (tenant: string): string => `${tenant}${MARK}`

/** Where a tenant's own is, and what it tries. */
export type Places = readonly [own: string, tried: string]

/** Whose a place of the pool is. */
export const tenantOf = (place: string): string => (place.endsWith(MARK) ? place.slice(0, -MARK.length) : place)

const MARK = '\ncandidate'

/** Which of a tenant's adapters drafts at one step, and what trial that is part of. */
export interface Turn {
  readonly place: string
  readonly trial?: TrialStep
}

/**
 * Whose turn it is where a sequence has so many tokens. Lots are drawn by name and position, so that a sequence that goes
 * on elsewhere draws the same, and neither draft can choose its places. Both meet the same requests, and that is what
 * makes pairs: what is hard in a text is hard for both.
 */
export function turnAt(adapters: Pick<AdapterPool, 'live'>, [own, tried]: Places, lot: number, position: number): Turn {
  const candidate = adapters.live(tried)?.ref
  if (!candidate) return { place: own }
  const isCandidates = drawAt(lot, position) < (candidate.share ?? 1)
  const drafter = isCandidates ? 'candidate' : 'rival'
  const trial = { candidate: candidate.id, rival: adapters.live(own)?.ref.id ?? null, drafter } as const
  return { place: isCandidates ? tried : own, trial }
}

/** FNV-1a. */
export function lotOf(name: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < name.length; at++) hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193)
  return hash >>> 0
}
