import {
  type Adapter,
  type CostPoint,
  CostTable,
  type DraftCosts,
  type MeasuredAcceptance,
  type RecurrentDraft,
  RecurrentSpeculator,
  SuffixSpeculator,
} from '@foretoken/drafting'
import { type DecodeReport, Engine, measureDrafts, measureTarget, plainSampling, type Trace } from '@foretoken/engine'
import type { LoadedModel } from '@foretoken/model'
import { RecordedTarget } from './recorded-target.ts'

/** One held-out request, served by the real engine with what the tenant would have. */
export interface ServedRequest {
  readonly tokens: number
  readonly steps: number
  /** What its steps and drafts cost by the table that all candidates are measured with. */
  readonly ms: number
}

export interface Candidate {
  readonly adapter: Adapter
  readonly measured: MeasuredAcceptance
}

export interface HeldOutOptions {
  readonly requests: readonly Trace[]
  /** What the tenant's suffix index knows already, as it would in service. */
  readonly history: readonly Trace[]
  /** Served first and not counted: calibrations begin empty. */
  readonly warmUp: readonly Trace[]
  readonly signal: AbortSignal
}

/**
 * Serves held-out requests one at a time through the engine that serves tenants, with the controller choosing among
 * the suffix arm, the static draft and a candidate's adapter (or none). The output is the same whatever drafts, so runs
 * with different adapters can be compared request by request.
 *
 * Of greedy requests the target's answers are known, with the states that predicted them, so they are played back
 * instead of computed (RecordedTarget): a verdict takes seconds, however dear the target. What was sampled is served by
 * the real one, since drafts that see its noise have to meet the very same noise.
 *
 * Time is counted in costs, not on the clock: the trainer shares its cores with serving, and what it measures there
 * would say more about the neighbours than about the draft. For the same reason costs are measured once, for all
 * candidates, and stay as they are while requests are served: a draft that was measured in a slow moment would be used
 * less, and seem worse than the same draft measured in a quick one.
 */
export class HeldOutServer {
  private constructor(
    private readonly model: LoadedModel,
    private readonly draft: RecurrentDraft,
    private readonly target: readonly CostPoint[],
    private readonly drafts: readonly DraftCosts[],
  ) {}

  static async open(model: LoadedModel, draft: RecurrentDraft): Promise<HeldOutServer> {
    const target = await measureTarget(model.target, ALONE)
    return new HeldOutServer(model, draft, target, await measureDrafts([new RecurrentSpeculator(draft)], ALONE))
  }

  /** @param candidate absent: the tenant has the static draft alone. */
  async serve(candidate: Candidate | undefined, options: HeldOutOptions): Promise<ServedRequest[]> {
    const { requests, history, warmUp, signal } = options
    const neural = new RecurrentSpeculator(this.draft)
    if (candidate) neural.adopt(TENANT, candidate.adapter, candidate.measured)
    const suffix = new SuffixSpeculator({ endIds: this.model.tokenizer.eosIds })
    for (const trace of history) recall(suffix, trace)
    const speculators = [suffix, neural]
    const costs = new SteadyCosts(this.target, this.drafts)
    const isGreedy = [...warmUp, ...requests].every(({ temperature }) => temperature === 0)
    const recorded = isGreedy ? new RecordedTarget(this.model.target) : undefined
    const target = recorded ?? this.model.target
    let reports: DecodeReport[] = []
    const engine = new Engine(
      { target, tokens: this.model.tokenizer, speculators, costs },
      { ...ALONE, observer: { decode: (report) => reports.push(report) } },
    )
    const served: ServedRequest[] = []
    try {
      for (const [index, trace] of [...warmUp, ...requests].entries()) {
        signal.throwIfAborted()
        reports = []
        recorded?.play(trace)
        const tokens = await serve(engine, trace, index)
        const ms = reports.reduce((total, { plan, draftExpectedMs }) => total + plan.expectedMs + draftExpectedMs, 0)
        if (index >= warmUp.length) served.push({ tokens, steps: reports.length, ms })
      }
    } finally {
      await engine.drain()
    }
    return served
  }
}

const ALONE = { sequencesMax: 1 }

/** What was measured, whatever steps take while others use the machine. */
class SteadyCosts extends CostTable {
  override observeTarget(): void {}
  override observeDrafts(): void {}
}

const TENANT = 'held-out'

function recall(suffix: SuffixSpeculator, { prompt, tokens }: Trace): void {
  const session = suffix.open({ tenant: TENANT, prompt: [...prompt] })
  session.commit({ tokens: [...tokens], hidden: [] })
  session.close(true)
}

/**
 * The same request again: same prompt, greedy or sampled as it was, as long as it was. Every candidate meets the same
 * seeds, but no two requests do: with one seed all of them would draw alike, and be one witness instead of many.
 */
async function serve(engine: Engine, trace: Trace, seed: number): Promise<number> {
  const admission = engine.admit({
    id: trace.request,
    tenant: TENANT,
    prompt: [...trace.prompt],
    choices: 1,
    completionTokensMax: Math.max(1, trace.tokens.length),
    sampling: plainSampling(trace.temperature, BigInt(seed)),
    stopStrings: [],
    speculation: { arm: 'auto' },
    learn: false,
  })
  if (!admission.ok) throw admission.error
  let tokens = 0
  for await (const event of admission.events) if (event.type === 'text') tokens += event.tokens.length
  return tokens
}

export function acceptanceLengthOf(served: readonly ServedRequest[]): number {
  const total = (field: 'tokens' | 'steps') => served.reduce((sum, each) => sum + each[field], 0)
  return total('tokens') / Math.max(1, total('steps'))
}

export function goodputOf(served: readonly ServedRequest[]): number {
  const total = (field: 'tokens' | 'ms') => served.reduce((sum, each) => sum + each[field], 0)
  return total('tokens') / Math.max(1e-9, total('ms'))
}
