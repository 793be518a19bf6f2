import {
  type Alternative,
  type Committed,
  type DraftContext,
  type DraftRequest,
  type DraftSession,
  drawAt,
  type Forecast,
  type Proposal,
  type Speculator,
} from '@foretoken/drafting'

/**
 * Stands where a neural draft will, and does what no real one should: it promises at random, knows the truth and tells
 * it up to a random depth, believes its tokens at random (also beyond what a probability can be), answers with fewer or
 * more tokens than it was asked for, and changes its version in the middle of a sequence. It checks on the engine, too.
 */
export class ScriptedNeural implements Speculator {
  readonly arms = ['static', 'adaptive'] as const
  readonly eager = false
  /** How the engine broke the seam's promises. */
  readonly violations = new Set<string>()
  calls = 0
  private draws = 0

  /** @param truth the completion that a sequence will get, by {@link truthKey} */
  constructor(
    private readonly truth: ReadonlyMap<string, readonly number[]>,
    readonly shape: { readonly vocabularySize: number; readonly hiddenSize: number },
  ) {}

  open(context: DraftContext): DraftSession {
    const truth = this.truth.get(truthKey(context.prompt, context.sampling?.temperature ?? 0))
    return new NeuralSession(this, context.prompt.length, truth ?? [])
  }

  async propose(requests: readonly DraftRequest[]): Promise<Proposal[]> {
    this.calls++
    if (this.draw() < 0.03) throw new Error('this draft fails now and then')
    return requests.map(({ session, arm, lookaheadMax }) => {
      if (!(session instanceof NeuralSession)) throw new Error('a session of another speculator')
      this.expect(session.offered.has(arm), 'an arm was asked that had not been offered')
      this.expect(lookaheadMax > 0, 'nothing was asked for')
      return this.proposal(session, arm, Math.max(0, lookaheadMax + Math.floor(4 * this.draw()) - 2))
    })
  }

  async probe(): Promise<void> {}

  forget(): void {}

  expect(holds: boolean, violation: string): void {
    if (!holds) this.violations.add(violation)
  }

  draw(): number {
    return drawAt(11, this.draws++)
  }

  private proposal(session: NeuralSession, arm: string, length: number): Proposal {
    const right = Math.floor(this.draw() * (length + 2))
    const tokens = Array.from({ length }, (_, depth) => {
      const token = session.rest[depth] ?? 0
      if (depth < right) return token
      return this.draw() < 0.02 ? 1e9 : (token + 1 + Math.floor(3 * this.draw())) % this.shape.vocabularySize
    })
    const sound = this.draw() < 0.9
    const survival = sound ? this.chances(length) : tokens.map(() => 3 * this.draw() - 1)
    const alternatives = this.alternatives(session, length)
    return { tokens, survival, alternatives, version: `${arm}-${Math.floor(session.committed / 5)}` }
  }

  /** For some places the right tokens, for others any, and now and then one that is none, or beyond the chain. */
  private alternatives(session: NeuralSession, length: number): Alternative[] {
    return Array.from({ length: Math.floor(3 * this.draw()) }, () => {
      const after = Math.floor(this.draw() * (length + 1))
      const tokens = Array.from({ length: 1 + Math.floor(3 * this.draw()) }, (_, depth) =>
        this.draw() < 0.7 ? (session.rest[after + depth] ?? 0) : Math.floor(this.draw() * 1.01 * 4_096),
      )
      return { after, tokens, survival: tokens.map(() => 1.2 * this.draw()) }
    })
  }

  chances(length: number): number[] {
    let survival = 1
    return Array.from({ length }, () => {
      survival *= this.draw() ** 0.2
      return survival
    })
  }
}

/** Tells a greedy request from a sampled one over the same prompt. */
export function truthKey(prompt: readonly number[], temperature: number): string {
  return `${temperature} ${prompt.join()}`
}

class NeuralSession implements DraftSession {
  committed = 0
  offered = new Set<string>()
  private isPrefilled = false

  constructor(
    private readonly owner: ScriptedNeural,
    private readonly promptLength: number,
    private readonly truth: readonly number[],
  ) {}

  get rest(): readonly number[] {
    return this.truth.slice(this.committed)
  }

  forecasts(lookaheadMax: number): readonly Forecast[] {
    const arms = this.owner.arms.filter(() => this.owner.draw() < 0.8)
    this.offered = new Set(arms)
    return arms.map((arm) => ({ arm, survival: this.owner.chances(lookaheadMax) }))
  }

  prefilled(hidden: Float32Array): void {
    this.owner.expect(this.committed === 0 && !this.isPrefilled, 'prefilled came late or twice')
    this.owner.expect(hidden.length === this.owner.shape.hiddenSize, 'prefilled with something else than one state')
    this.isPrefilled = true
  }

  commit({ tokens, hidden }: Committed): void {
    this.owner.expect(this.isPrefilled === this.promptLength > 1, 'committed before prefilled')
    this.owner.expect(hidden.length === tokens.length, 'not one state per token')
    const { hiddenSize } = this.owner.shape
    this.owner.expect(
      hidden.every((state) => state.length === hiddenSize && state.some((value) => value !== 0)),
      'a state that is none',
    )
    this.committed += tokens.length
  }

  close(): void {}
}
