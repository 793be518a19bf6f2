import type {
  Committed,
  DraftContext,
  DraftRequest,
  DraftSession,
  Forecast,
  Proposal,
  Speculator,
} from '@foretoken/drafting'

/**
 * A draft that knows the truth and lies at will: for each sequence it proposes the right tokens up to a depth that
 * changes from step to step, then wrong ones. Whatever a real draft does, this one does worse.
 */
export class ScriptedSpeculator implements Speculator {
  readonly arms = ['static'] as const
  readonly eager = true
  private calls = 0

  /** @param truth the completion of a prompt, by the prompt's tokens joined with commas */
  constructor(
    private readonly truth: ReadonlyMap<string, readonly number[]>,
    private readonly vocabulary: number,
  ) {}

  open({ prompt }: DraftContext): DraftSession {
    return new ScriptedSession(this.truth.get(prompt.join(',')) ?? [])
  }

  async propose(requests: readonly DraftRequest[]): Promise<Proposal[]> {
    return requests.map(({ session, lookaheadMax }) => {
      const call = this.calls++
      const truth = session instanceof ScriptedSession ? session.rest : []
      const right = (call * 7) % (lookaheadMax + 2)
      const tokens = Array.from({ length: lookaheadMax }, (_, depth) => {
        const token = truth[depth] ?? 0
        return depth < right ? token : (token + 1 + ((call + depth) % 5)) % this.vocabulary
      })
      return { tokens, survival: tokens.map((_, depth) => 0.9 ** (depth + 1)), version: null }
    })
  }

  forget(): void {}
}

class ScriptedSession implements DraftSession {
  private committed = 0

  constructor(private readonly truth: readonly number[]) {}

  get rest(): readonly number[] {
    return this.truth.slice(this.committed)
  }

  forecasts(): readonly Forecast[] {
    return []
  }

  prefilled(): void {}

  commit({ tokens }: Committed): void {
    this.committed += tokens.length
  }

  close(): void {}
}
