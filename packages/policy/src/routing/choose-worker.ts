export interface Candidate {
  readonly id: string
  /** Requests that run or wait there. */
  readonly load: number
  /** Sequences that it decodes at once. */
  readonly capacity: number
  /** It has the tenant's adapter, prefixes and suffix index in memory. */
  readonly hot: boolean
}

/** How much more than its even share a worker may carry before its tenants overflow to others. */
const LOAD_SLACK = 1.25
/** Below this load nobody waits anyway, and staying with the worker that knows the tenant is worth more. */
const LOAD_FREE = 4

/**
 * The worker for a tenant's next request; null when there is none.
 *
 * 1. One that has the tenant hot, as long as it carries no more than its share. Of several the one that ranks first for
 *    the tenant, so that its requests stay together.
 * 2. Its home, by rendezvous hashing (Thaler and Ravishankar 1998), under the same bound: hashing with bounded loads
 *    (Mirrokni, Thorup and Zadimoghaddam, arXiv 1608.01350).
 * 3. The least loaded relative to its capacity. From then on that one has the tenant hot, and the first rule finds it
 *    again when the home overflows the next time.
 *
 * Loads and ids alone decide, so gateways that see the same choose the same.
 */
export function chooseWorker<Worker extends Candidate>(candidates: readonly Worker[], tenant: string): Worker | null {
  const boundOf = loadBounds(candidates)
  const free = candidates.filter((each) => each.load < boundOf(each))
  const hot = firstRanked(
    free.filter((each) => each.hot),
    tenant,
  )
  if (hot) return hot
  const home = firstRanked(candidates, tenant)
  return home && home.load < boundOf(home) ? home : leastLoaded(free)
}

/**
 * Loads that workers must stay below to get one more: their part of all load by capacity, and some slack. Not all can be
 * at it, for then they would carry more than all load there is, so one that may be chosen always exists.
 */
export function loadBounds(candidates: readonly Candidate[]): (candidate: Candidate) => number {
  const load = candidates.reduce((sum, each) => sum + each.load, 0)
  const capacity = candidates.reduce((sum, each) => sum + capacityOf(each), 0)
  return (candidate) => {
    const share = (load + 1) * (capacityOf(candidate) / Math.max(1, capacity))
    return Math.max(Math.min(LOAD_FREE, capacityOf(candidate)), Math.ceil(LOAD_SLACK * share))
  }
}

/** One that says it has no capacity at all can still be alone. */
function capacityOf({ capacity }: Candidate): number {
  return Math.max(1, capacity)
}

/** Only workers that rank first for a tenant lose it when they go, or win it when they come. */
function firstRanked<Worker extends Candidate>(candidates: readonly Worker[], tenant: string): Worker | null {
  if (candidates.length < 2) return candidates[0] ?? null
  const own = fnv1a(tenant)
  const ranked = candidates.map((worker) => ({ worker, rank: mix(own ^ fnv1a(worker.id)) }))
  return ranked.reduce((first, each) => {
    const difference = each.rank - first.rank
    return difference < 0 || (difference === 0 && each.worker.id < first.worker.id) ? each : first
  }).worker
}

/**
 * Fowler, Noll and Vo's hash, of UTF-16 units. Nobody gains by a collision, and SHA-256 took half a millisecond for
 * 1,000.
 */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return hash
}

/** MurmurHash3's finalizer: every bit of the sum of both names decides about every bit of the rank. */
function mix(bits: number): number {
  let mixed = bits
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}

function leastLoaded<Worker extends Candidate>(candidates: readonly Worker[]): Worker | null {
  const [first, ...others] = candidates
  if (!first) return null
  const fullness = (each: Worker) => each.load / capacityOf(each)
  return others.reduce((least, each) => {
    const difference = fullness(each) - fullness(least)
    return difference < 0 || (difference === 0 && each.id < least.id) ? each : least
  }, first)
}
