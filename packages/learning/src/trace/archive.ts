import type { Trace } from '@foretoken/engine'
import { type ObjectStore, StorageError } from '@foretoken/storage'
import { listSegments, mayBeOf, type SegmentInfo } from './keys.ts'
import { decodeSegment, type Segment } from './segment.ts'

export interface TraceQuery {
  readonly tenant: string
  /** Fingerprint of the target that wants to learn. */
  readonly target: string
  /** Enough completion tokens; the newest segments are read until there are as many. */
  readonly tokensMax: number
  /** Segments that came after this one only; none that came after that one. Absent or null: no bound. */
  readonly after?: string | null
  readonly upTo?: string | null
  readonly signal?: AbortSignal
}

export interface ArchivedTraces {
  /** Oldest first. */
  readonly traces: readonly Trace[]
  readonly tokens: number
  /** Segments that were left out: damaged, gone since they were listed, or, of before keys said so, of another target. */
  readonly skipped: number
  /** The newest segment of this target within the bounds, read or not: later ones are new. Null without any. */
  readonly until: string | null
}

/** A tenant's newest traces. What can't be read is skipped: a damaged segment must not end learning for good. */
export async function readTraces(store: ObjectStore, query: TraceQuery): Promise<ArchivedTraces> {
  const segments: SegmentInfo[] = []
  const { target, after, upTo } = query
  for await (const segment of listSegments(store, query.tenant)) {
    const isWithin = (!after || segment.key > after) && (!upTo || segment.key <= upTo)
    if (isWithin && mayBeOf(target, segment)) segments.push(segment)
  }
  const until = segments.at(-1)?.key ?? null
  const read: (readonly Trace[])[] = []
  let [tokens, skipped] = [0, 0]
  for (const { key } of segments.reverse()) {
    if (tokens >= query.tokensMax) break
    query.signal?.throwIfAborted()
    const segment = decodeIfSound(await getIfSound(store, key))
    if (segment?.tenant !== query.tenant || segment.target !== query.target) {
      skipped++
      continue
    }
    read.push(segment.traces)
    tokens += segment.traces.reduce((sum, trace) => sum + trace.tokens.length, 0)
  }
  return { traces: read.reverse().flat(), tokens, skipped, until }
}

/**
 * What is kept of a tenant from this target: completion tokens by request. Segments are read one after another, so that
 * a long archive takes no more memory than a short one.
 */
export async function archivedRequests(
  store: ObjectStore,
  { tenant, target, signal }: Pick<TraceQuery, 'tenant' | 'target' | 'signal'>,
): Promise<ReadonlyMap<string, number>> {
  const requests = new Map<string, number>()
  for await (const listed of listSegments(store, tenant)) {
    signal?.throwIfAborted()
    if (!mayBeOf(target, listed)) continue
    const segment = decodeIfSound(await store.get(listed.key))
    if (segment?.tenant !== tenant || segment.target !== target) continue
    for (const { request, tokens } of segment.traces) {
      requests.set(request, (requests.get(request) ?? 0) + tokens.length)
    }
  }
  return requests
}

/** Deletes a tenant's segments that were written before then; returns how many, and their tokens. */
export async function deleteTraces(
  store: ObjectStore,
  tenant: string,
  beforeMs = Number.POSITIVE_INFINITY,
): Promise<{ segments: number; tokens: number }> {
  let [segments, tokens] = [0, 0]
  for await (const segment of listSegments(store, tenant)) {
    if (segment.writtenMs >= beforeMs) continue
    await store.delete(segment.key)
    segments++
    tokens += segment.tokens
  }
  return { segments, tokens }
}

/** What lies beyond the newest `tokensMax` tokens of one tenant and target, oldest first: no run will read it again. */
export function outdated(segments: readonly SegmentInfo[], tokensMax: number): readonly SegmentInfo[] {
  let tokens = 0
  const newestFirst = segments.toReversed()
  const firstOutdated = newestFirst.findIndex((segment) => {
    const before = tokens
    tokens += segment.tokens
    return before >= tokensMax
  })
  return firstOutdated < 0 ? [] : newestFirst.slice(firstOutdated).reverse()
}

async function getIfSound(store: ObjectStore, key: string): Promise<Uint8Array | undefined> {
  try {
    return await store.get(key)
  } catch (error) {
    if (error instanceof StorageError && error.code === 'corrupt') return undefined
    throw error
  }
}

function decodeIfSound(bytes: Uint8Array | undefined): Segment | null {
  if (bytes === undefined) return null
  try {
    return decodeSegment(bytes)
  } catch {
    return null
  }
}
