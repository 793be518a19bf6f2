import type { CompiledGrammar, GrammarMatcher } from '@foretoken/native'
import { type ConstrainedText, ConstraintError } from './constraint.ts'
import type { Spelling } from './spelling.ts'

/** A compiled grammar over a model's tokens. */
export class GrammarConstraint {
  /** A matcher failed, and what it shares with the others may be broken: don't open it any more. */
  broken = false

  /** @param mask [⌈V / 32⌉] what all texts of a vocabulary write their masks into */
  constructor(
    private readonly grammar: CompiledGrammar,
    private readonly spelling: Spelling,
    readonly mask: Uint32Array,
  ) {}

  get bytes(): number {
    try {
      return this.grammar.bytes
    } catch {
      this.broken = true
      return 0
    }
  }

  open(): ConstrainedText {
    return new GrammarText(this, this.grammar.matcher(), this.spelling)
  }

  attempt<Result>(work: () => Result): Result {
    try {
      return work()
    } catch (cause) {
      this.broken = true
      throw new ConstraintError('The text so far and what it has to follow take too much work to go on.', { cause })
    }
  }
}

/**
 * Where the grammar leaves no choice of bytes, it leaves none of tokens either: the text goes on as the tokenizer spells
 * it. A model that was never asked has no opinion of how a foreign key is split, and would be led off the tokens that it
 * knows; and what has to follow needs no guess, so drafts of it are always right. The last tokens of what is forced stay
 * open where what comes behind may be spelled together with them.
 */
class GrammarText implements ConstrainedText {
  constructor(
    private readonly constraint: GrammarConstraint,
    private readonly matcher: GrammarMatcher,
    private readonly spelling: Spelling,
  ) {}

  get ended(): boolean {
    return this.matcher.ended
  }

  next(): number | Uint32Array {
    return this.constraint.attempt(() => {
      const [forced] = this.forced()
      if (forced !== undefined) return forced
      this.matcher.mask(this.constraint.mask)
      return this.constraint.mask
    })
  }

  commit(token: number): void {
    this.constraint.attempt(() => this.matcher.advance(Uint32Array.of(token)))
  }

  accepted(tokens: readonly number[]): number {
    return this.constraint.attempt(() => {
      const forced = this.forced()
      const wrong = forced.findIndex((token, at) => at < tokens.length && tokens[at] !== token)
      const possible = wrong < 0 ? tokens : tokens.slice(0, wrong)
      return this.matcher.accepted(Uint32Array.from(possible))
    })
  }

  forcedAfter(tokens: readonly number[]): readonly number[] {
    return this.constraint.attempt(() => {
      if (tokens.length === 0) return this.forced()
      this.matcher.advance(Uint32Array.from(tokens))
      const forced = this.forced()
      this.matcher.rollback(tokens.length)
      return forced
    })
  }

  private forced(): readonly number[] {
    const bytes = this.matcher.forced()
    if (!bytes) return NONE
    const { tokens, whole } = this.spelling.of(bytes)
    return whole && tokens.length > 0 ? tokens.slice(0, this.matcher.settled(Uint32Array.from(tokens))) : tokens
  }
}

const NONE: readonly number[] = []
