import type { FreeOpinion } from '../free-opinion.ts'
import type { Committed, DraftContext, DraftSession, Forecast, Proposal, TrialStep } from '../speculator.ts'
import type { AdapterPool } from './adapter-pool.ts'
import type { LoadedAdapter } from './adapter-reader.ts'
import type { ChainStart, DraftedChain } from './chains.ts'
import type { PointerContext } from './context.ts'
import type { NeuralArm, TenantMemory } from './tenant-memory.ts'
import { candidatePlace, lotOf, type Places, type Turn, turnAt } from './trial.ts'

/** Where one sequence stands with the recurrent draft: the last hidden state, and what was proposed from it. */
export class RecurrentSession implements DraftSession {
  private hidden: Float32Array | undefined
  /** Tokens so far, prompt included: the position of the next one. */
  private length: number
  private pending: Pending[] = []
  /** Of the place where the next chain starts. */
  private opinion: FreeOpinion | undefined
  /** Since the adapter that is live now became so. */
  private served: { readonly adapter: LoadedAdapter; steps: number; tokens: number } | undefined
  private closed = false
  /** Of the step that is about to be taken, once somebody asked. */
  private turn: Turn | undefined
  private lot: number | undefined
  private readonly places: Places

  constructor(
    private readonly context: DraftContext,
    private readonly memory: TenantMemory,
    private readonly adapters: AdapterPool,
    private readonly pointer: PointerContext,
  ) {
    this.length = context.prompt.length
    this.places = [context.tenant, candidatePlace(context.tenant)]
    for (const place of this.places) adapters.enter(place)
  }

  trial(): TrialStep | undefined {
    return this.now.trial
  }

  forecasts(lookaheadMax: number, opinion?: FreeOpinion): readonly Forecast[] {
    this.opinion = opinion
    if (!this.hidden) return []
    const adapter = this.adapters.live(this.now.place)
    const forecast = (arm: NeuralArm): Forecast => ({
      arm,
      survival: this.memory.arm(arm, adapter).forecast.survival(lookaheadMax, opinion),
    })
    return adapter ? [forecast('adaptive'), forecast('static')] : [forecast('static')]
  }

  prefilled(hidden: Float32Array): void {
    this.hidden = hidden.slice()
  }

  /** How a chain of this arm starts now; undefined when it can't. */
  start(arm: NeuralArm): { start: ChainStart; adapter: LoadedAdapter | undefined } | undefined {
    const { sampling } = this.context
    const adapter = this.adapters.live(this.now.place)
    if (!this.hidden || (arm === 'adaptive' && !adapter)) return undefined
    const noise = sampling && { noise: { sampling, position: this.length } }
    const own = arm === 'adaptive' && adapter ? { adapter: adapter.adapter } : {}
    return { start: { hidden: this.hidden, context: this.pointer, ...own, ...noise }, adapter }
  }

  /** Whether the other neural arm should draft too, so that the two can be compared. Asked once for each draft. */
  compares(): boolean {
    const adapter = this.adapters.live(this.now.place)
    return adapter !== undefined && this.memory.comparison(adapter).wants()
  }

  /** @param lookahead how far the chain might have gone */
  propose({ arm, adapter }: Drafter, chain: DraftedChain, lookahead: number, version: string): Proposal {
    this.pending.push({ arm, adapter, chain, lookahead, opinion: this.opinion })
    const { calibration } = this.memory.arm(arm, adapter)
    let survival = 1
    const calibrated = chain.confidence.map((confidence, position) => {
      survival *= calibration.probability(position, confidence)
      return survival
    })
    return { tokens: chain.tokens, survival: calibrated, version }
  }

  commit({ tokens, hidden }: Committed): void {
    const { place } = this.now
    this.judge(tokens, place)
    this.pending = []
    if (place === this.context.tenant) this.count(this.adapters.live(place), tokens.length)
    this.turn = undefined
    const last = hidden.at(-1)
    if (last) this.hidden = last.slice()
    for (const token of tokens) this.pointer.push(token)
    this.length += tokens.length
  }

  close(): void {
    this.pending = []
    if (this.closed) return
    this.closed = true
    const { tenant } = this.context
    const adapter = this.adapters.live(tenant)
    for (const place of this.places) {
      if (place !== tenant) this.adapters.leave(place)
      else this.adapters.leave(tenant, adapter?.ref, adapter && this.savedSteps(adapter))
    }
  }

  private get now(): Turn {
    this.lot ??= lotOf(this.context.name ?? '')
    this.turn ??= turnAt(this.adapters, this.places, this.lot, this.length)
    return this.turn
  }

  /** Steps that the static draft would have taken for the same tokens, less those that were taken. */
  private savedSteps(adapter: LoadedAdapter): number | undefined {
    const gain = this.memory.comparison(adapter).gain
    if (gain === undefined || this.served?.adapter !== adapter) return undefined
    const { steps, tokens } = this.served
    return tokens / Math.max(1, tokens / steps - gain) - steps
  }

  private count(adapter: LoadedAdapter | undefined, tokens: number): void {
    if (this.served?.adapter !== adapter) this.served = adapter && { adapter, steps: 0, tokens: 0 }
    if (!this.served) return
    this.served.steps++
    this.served.tokens += tokens
  }

  private judge(tokens: readonly number[], place: string): void {
    const accepted = new Map<NeuralArm, number>()
    for (const { arm, adapter, chain, lookahead, opinion } of this.pending) {
      const { calibration, forecast } = this.memory.arm(arm, adapter)
      let count = 0
      for (const [position, token] of chain.tokens.slice(0, tokens.length).entries()) {
        const taken = token === tokens[position]
        calibration.observe(position, chain.confidence[position] ?? 0, taken)
        forecast.observe(position, taken, opinion)
        if (!taken) break
        count++
      }
      // A chain that gave up by itself offered nothing where it might have gone on.
      if (count === chain.tokens.length && count < Math.min(lookahead, tokens.length)) {
        forecast.observe(count, false, opinion)
      }
      accepted.set(arm, count)
    }
    const adapter = this.pending.find(({ arm }) => arm === 'adaptive')?.adapter
    // One of them may have been drafted only as far as it takes to compare.
    const depth = Math.min(...this.pending.map(({ chain }) => chain.tokens.length))
    const [own, shared] = [accepted.get('adaptive'), accepted.get('static')]
    // A chain that was drafted before a swap says nothing about what is live now.
    if (!adapter || own === undefined || shared === undefined || this.adapters.live(place) !== adapter) return
    const comparison = this.memory.comparison(adapter)
    comparison.observe(Math.min(own, depth) - Math.min(shared, depth))
    const verdict = comparison.verdict()
    if (!verdict.keep) this.adapters.demote(place, verdict.reason)
  }
}

/** Who drafted: an arm, and of a tenant's own the adapter that was live. */
export interface Drafter {
  readonly arm: NeuralArm
  readonly adapter: LoadedAdapter | undefined
}

interface Pending extends Drafter {
  readonly chain: DraftedChain
  readonly lookahead: number
  readonly opinion: FreeOpinion | undefined
}
