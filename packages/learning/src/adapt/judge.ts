import type { Trace } from '@foretoken/engine'
import { type Gate, gate, type PairedGain, type PairedRequest, pairedGain } from '@foretoken/policy'
import { seededRandom } from '../train/random.ts'
import { acceptanceLengthOf, type Candidate, goodputOf, type HeldOutServer, type ServedRequest } from './evaluate.ts'
import type { TraceSplit } from './split.ts'
import type { AdaptFigures } from './types.ts'

/** Held-out completion tokens that the gate serves at most: enough for a verdict, few enough for a short run. */
const GATE_TOKENS_MAX = 5_000

export interface Judgement {
  readonly verdict: Gate
  readonly gains: Readonly<Record<string, PairedGain>>
  /** Of the best that the tenant could have instead, and of the candidate. */
  readonly baseline: AdaptFigures
  readonly candidate: AdaptFigures
  readonly requests: number
}

/** Serves the same held-out requests with whatever the tenant could have; what was served once is not served again. */
export class Judge {
  private readonly heldOut: Parameters<HeldOutServer['serve']>[1]
  private readonly rivals = new Map<string, readonly ServedRequest[]>()

  constructor(
    private readonly server: HeldOutServer,
    split: TraceSplit,
    private readonly options: { readonly signal: AbortSignal; readonly onServing: (name: string) => void },
  ) {
    this.heldOut = {
      requests: upTo(split.heldOut, GATE_TOKENS_MAX),
      history: split.training,
      warmUp: split.validation.slice(0, 8),
      signal: options.signal,
    }
  }

  /** Something that candidates have to be better than; absent: the static draft alone. */
  async rival(name: string, candidate?: Candidate): Promise<void> {
    this.rivals.set(name, await this.serve(name, candidate))
  }

  /** Better, surely, than every rival? The last one counts as what the tenant has. */
  async judge(name: string, candidate: Candidate): Promise<Judgement> {
    const served = await this.serve(name, candidate)
    const gains = Object.fromEntries([...this.rivals].map(([rival, its]) => [rival, gainOver(its, served)]))
    const requests = this.heldOut.requests.length
    const baseline = figuresOf([...this.rivals.values()].at(-1) ?? [])
    return { verdict: gate(gains, requests), gains, baseline, candidate: figuresOf(served), requests }
  }

  private serve(name: string, candidate?: Candidate): Promise<ServedRequest[]> {
    this.options.onServing(name)
    return this.server.serve(candidate, this.heldOut)
  }
}

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
