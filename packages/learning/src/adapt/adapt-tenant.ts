import type { Trace } from '@foretoken/engine'
import { gate, type PairedGain, type PairedRequest, pairedGain, REQUESTS_MIN } from '@foretoken/policy'
import { readTraces } from '../trace/index.ts'
import { seededRandom } from '../train/random.ts'
import { adapterArtifact } from './artifact.ts'
import { acceptanceLengthOf, type Candidate, goodputOf, HeldOutServer, type ServedRequest } from './evaluate.ts'
import { fitAdapter } from './fit.ts'
import { openDraft, readAdapter } from './open.ts'
import { splitTraces, type TraceSplit } from './split.ts'
import type { AdaptTenant } from './types.ts'

/** Fewer completion tokens teach nothing that the suffix index does not know already. */
export const TOKENS_MIN = 1_000
/** Held-out completion tokens that the gate serves at most: enough for a verdict, few enough for a short run. */
const GATE_TOKENS_MAX = 5_000

/**
 * One tenant's run: traces → adapter → held-out requests through the real engine → verdict.
 *
 * The candidate has to serve them faster than what the tenant has now and than the static draft (with the suffix arm
 * beside all of them), by a margin that paired bootstrap is sure of.
 */
export const adaptTenant: AdaptTenant = async (request) => {
  const { store, tenant, target, tokensMax, signal, onProgress } = request
  const archived = await readTraces(store, { tenant, target, tokensMax, signal })
  const seen = { tokens: archived.tokens, baseline: null, candidate: null }
  const split = splitTraces(archived.traces)
  const missing = missingOf(archived.tokens, split)
  if (missing) return { outcome: 'too-little', figures: seen, reason: missing }
  const { artifact, draft } = await openDraft(request)
  try {
    const current = request.current && (await readAdapter(store, request.current, draft))
    const fitted = await fitAdapter(artifact, draft.base.tables, split, {
      threads: 1,
      signal,
      onProgress: (progress) => onProgress({ phase: 'training', progress: progress * TRAINING_SHARE }),
    })
    const { acceptance, staticAcceptance } = fitted
    const candidate = {
      adapter: await draft.prepareAdapter(request.next.id, fitted.adapter),
      measured: { acceptance, staticAcceptance },
    }
    const server = await HeldOutServer.open(request.model, draft)
    const heldOut = {
      requests: upTo(split.heldOut, GATE_TOKENS_MAX),
      history: split.training,
      warmUp: split.validation.slice(0, 8),
      signal,
    }
    const serve = async (name: string, one: Candidate | undefined, place: number) => {
      onProgress({ phase: `evaluating ${name}`, progress: TRAINING_SHARE + (1 - TRAINING_SHARE) * place })
      return await server.serve(one, heldOut)
    }
    const rivals: Record<string, ServedRequest[]> = {
      'the static draft': await serve('the static draft', undefined, 0),
    }
    if (current) rivals['the current adapter'] = await serve('the current adapter', current, 0.35)
    const served = await serve('the new adapter', candidate, 0.7)
    const gains = Object.fromEntries(Object.entries(rivals).map(([name, rival]) => [name, gainOver(rival, served)]))
    const verdict = gate(gains, heldOut.requests.length)
    const baseline = rivals['the current adapter'] ?? rivals['the static draft'] ?? []
    const figures = { tokens: archived.tokens, baseline: figuresOf(baseline), candidate: figuresOf(served) }
    const evaluation = {
      verdict: verdict.reason,
      gains,
      figures,
      heldOutRequests: heldOut.requests.length,
      steps: fitted.steps,
    }
    const files = adapterArtifact({
      request,
      draft: artifact,
      adapter: fitted.adapter,
      acceptance,
      staticAcceptance,
      tokens: archived.tokens,
      evaluation,
    })
    onProgress({ phase: 'done', progress: 1 })
    return { outcome: verdict.pass ? 'better' : 'not-better', artifact: files, figures, reason: verdict.reason }
  } finally {
    await draft.close()
  }
}

/** What is too little to learn from, or to judge by: training for nothing would keep other tenants waiting. */
function missingOf(tokens: number, { training, validation, heldOut }: TraceSplit): string | undefined {
  if (tokens < TOKENS_MIN) return `${tokens} tokens so far; ${TOKENS_MIN} are needed.`
  if (heldOut.length >= REQUESTS_MIN && validation.length > 0) return undefined
  const requests = training.length + validation.length + heldOut.length
  return `${requests} requests so far, too few different ones to learn from some and judge by others.`
}

const TRAINING_SHARE = 0.75

function gainOver(rival: readonly ServedRequest[], served: readonly ServedRequest[]): PairedGain {
  const pairs = served.map((candidate, index): PairedRequest => {
    return { baseline: { tokens: candidate.tokens, ms: rival[index]?.ms ?? 0 }, candidate }
  })
  return pairedGain(pairs, seededRandom(pairs.length))
}

function figuresOf(served: readonly ServedRequest[]) {
  return { acceptanceLength: acceptanceLengthOf(served), tokensPerSecond: 1_000 * goodputOf(served) }
}

function upTo(traces: readonly Trace[], tokensMax: number): Trace[] {
  const kept: Trace[] = []
  let tokens = 0
  for (const trace of traces) {
    if (tokens >= tokensMax) break
    kept.push(trace)
    tokens += trace.tokens.length
  }
  return kept
}
