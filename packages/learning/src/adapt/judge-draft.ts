import type { Trace } from '@foretoken/engine'
import type { Goodput } from '@foretoken/policy'
import { readTraces } from '../trace/index.ts'
import { HeldOutServer } from './evaluate.ts'
import { openDraft } from './open.ts'
import { splitTraces } from './split.ts'
import { readCandidate } from './stored-candidate.ts'
import type { AdaptRequest, StoredAdapter } from './types.ts'

export interface JudgeRequest
  extends Pick<AdaptRequest, 'store' | 'tenant' | 'model' | 'target' | 'form' | 'staticDraft'> {
  readonly candidate: StoredAdapter
  /** What serves the tenant now; null: the static draft alone. */
  readonly current: StoredAdapter | null
  /** What came after this segment judges; null: all that there is. */
  readonly judgedUntil: string | null
  /** Tokens to judge by at most, the newest, and as many from before for the suffix index to know. */
  readonly tokensMax: number
  readonly signal: AbortSignal
}

/** One request, played with a candidate and with a rival. */
export interface JudgedRequest {
  readonly request: string
  /** Null: the static draft. */
  readonly rival: string | null
  readonly byRival: Goodput
  readonly byCandidate: Goodput
}

export type JudgeResult =
  | { readonly ok: true; readonly judged: readonly JudgedRequest[]; readonly judgedUntil: string | null }
  /** There is nothing to be judged: its files are gone, damaged, or of another draft. */
  | { readonly ok: false; readonly reason: string }

/**
 * What a shadow would have made of the requests that came since it was trained. They are played as a run's held-out
 * requests are, with the engine that serves, the suffix arm and the controller: what was committed is known, so the draft
 * is all that is computed of a greedy request. Judged beside it are the static draft and what serves the tenant now.
 */
export async function judgeDraft(request: JudgeRequest): Promise<JudgeResult> {
  const { store, tenant, target, tokensMax, judgedUntil, signal } = request
  const query = { tenant, target, tokensMax, signal }
  const fresh = await readTraces(store, { ...query, after: judgedUntil })
  const until = fresh.until ?? judgedUntil
  if (fresh.traces.length === 0) return { ok: true, judged: [], judgedUntil: until }
  const known = judgedUntil === null ? [] : (await readTraces(store, { ...query, upTo: judgedUntil })).traces
  const { artifact, draft } = await openDraft(request)
  try {
    const candidate = await readCandidate(store, request.candidate, artifact, draft)
    if (!candidate) return { ok: false, reason: 'Its files are gone, damaged, or of another static draft.' }
    const current = request.current && (await readCandidate(store, request.current, artifact, draft))
    const requests = different(fresh.traces)
    const server = await HeldOutServer.open(request.model, draft)
    const options = { requests, history: known, warmUp: splitTraces(known).validation.slice(0, WARM_UP), signal }
    const served = await server.serve(candidate, options)
    const rivals = [
      { id: null, served: await server.serve(undefined, options) },
      ...(current ? [{ id: request.current?.id ?? null, served: await server.serve(current, options) }] : []),
    ]
    const judged = rivals.flatMap(({ id: rival, served: other }) =>
      requests.flatMap((trace, index) => {
        const [byRival, byCandidate] = [other[index], served[index]]
        return byRival && byCandidate ? [{ request: trace.request, rival, byRival, byCandidate }] : []
      }),
    )
    return { ok: true, judged, judgedUntil: until }
  } finally {
    await draft.close()
  }
}

/** Requests that the calibrations learn from before anything counts, as in a run's gate. */
const WARM_UP = 8

/** A prompt that repeats, and a request's further choices, are one witness. */
function different(traces: readonly Trace[]): Trace[] {
  const seen = new Set<string>()
  return traces.filter(({ prompt, request }) => {
    const keys = [`prompt ${prompt.join(' ')}`, `request ${request}`]
    const isNew = keys.every((key) => !seen.has(key))
    for (const key of keys) seen.add(key)
    return isNew
  })
}
