import type { DraftArtifact, RecurrentDraft } from '@foretoken/drafting'
import { REQUESTS_MIN } from '@foretoken/policy'
import { readTraces } from '../trace/index.ts'
import { adapterArtifact } from './artifact.ts'
import { HeldOutServer } from './evaluate.ts'
import { type FittedAdapter, fitAdapter, measureAdapter } from './fit.ts'
import { Judge, type Judgement } from './judge.ts'
import { openDraft } from './open.ts'
import { splitTraces, type TraceSplit } from './split.ts'
import { readCandidate } from './stored-candidate.ts'
import type { AdaptRequest, AdaptResult, AdaptTenant } from './types.ts'

/** Fewer completion tokens teach nothing that the suffix index does not know already. */
export const TOKENS_MIN = 1_000

/**
 * One tenant's run: traces → adapter → held-out requests through the real engine → verdict.
 *
 * The candidate has to serve them faster than what the tenant has now and than the static draft (with the suffix arm
 * beside all of them), by a margin that paired bootstrap is sure of.
 *
 * On new weights of its target, a tenant's adapter of the earlier ones is the first candidate, and passes the same gate
 * on traces of the new weights, or training starts from it.
 */
export const adaptTenant: AdaptTenant = async (request) => {
  const { store, tenant, target, tokensMax, signal } = request
  const archived = await readTraces(store, { tenant, target, tokensMax, signal })
  const split = splitTraces(archived.traces)
  const missing = missingOf(archived.tokens, split)
  if (missing) {
    const figures = { tokens: archived.tokens, baseline: null, candidate: null }
    return { outcome: 'too-little', figures, reason: missing }
  }
  const { artifact, draft } = await openDraft(request)
  try {
    return await new Adaptation(request, { artifact, draft, split, tokens: archived.tokens }).run()
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

/** Of a run's progress. */
const TRAINING_SHARE = 0.75

interface Material {
  readonly artifact: DraftArtifact
  readonly draft: RecurrentDraft
  readonly split: TraceSplit
  readonly tokens: number
}

class Adaptation {
  private progress = 0

  constructor(
    private readonly request: AdaptRequest,
    private readonly material: Material,
  ) {}

  async run(): Promise<AdaptResult> {
    const { artifact, draft, split } = this.material
    const { store, model, current, earlier, signal } = this.request
    const earlierDraft = earlier && (await readCandidate(store, earlier, artifact, draft))
    const judge = new Judge(await HeldOutServer.open(model, draft), split, {
      signal,
      onServing: (name) => this.tell(`evaluating ${name}`, this.progress),
    })
    await judge.rival('the static draft')
    if (earlierDraft) {
      const held = await judge.judge('the draft of the earlier weights', earlierDraft)
      const { values } = earlierDraft
      const measured = () => measureAdapter(artifact, draft.base.tables, split.validation, values)
      if (held.verdict.pass) return this.result(held, { adapter: values, steps: 0, ...(await measured()) })
    }
    const fitted = await fitAdapter(artifact, draft.base.tables, split, {
      ...{ threads: 1, signal, start: earlierDraft?.values },
      onProgress: (progress) => this.tell('training', progress * TRAINING_SHARE),
    })
    const now = current && (await readCandidate(store, current, artifact, draft))
    this.progress = TRAINING_SHARE + (1 - TRAINING_SHARE) / 3
    if (now) await judge.rival('the current adapter', now)
    this.progress = TRAINING_SHARE + (2 * (1 - TRAINING_SHARE)) / 3
    const { acceptance, staticAcceptance } = fitted
    const adapter = await draft.prepareAdapter(this.request.next.id, fitted.adapter)
    const judged = await judge.judge('the new adapter', { adapter, measured: { acceptance, staticAcceptance } })
    return this.result(judged, fitted)
  }

  private result(judged: Judgement, fitted: Omit<FittedAdapter, 'acceptanceLength'>): AdaptResult {
    const { request, material } = this
    const { tokens } = material
    const { verdict, gains, requests, baseline, candidate } = judged
    const { adapter, acceptance, staticAcceptance, steps } = fitted
    const figures = { tokens, baseline, candidate }
    const evaluation = { verdict: verdict.reason, gains, figures, heldOutRequests: requests, steps }
    const artifact = adapterArtifact({
      ...{ request, draft: material.artifact, adapter, acceptance, staticAcceptance, tokens, evaluation },
    })
    this.tell('done', 1)
    const reason = steps === 0 ? `Taken over from earlier weights. ${verdict.reason}` : verdict.reason
    return { outcome: verdict.pass ? 'better' : 'not-better', artifact, figures, reason }
  }

  private tell(phase: string, progress: number): void {
    this.progress = progress
    this.request.onProgress({ phase, progress })
  }
}
