/**
 * What the text of a request may be, compiled. It is part of the target's processed distribution: at each position only
 * those tokens are possible that it allows there. That is a function of it and of the tokens before the position, so
 * output depends on drafts as little as without it.
 */
export interface Constraint {
  /** The request's parameter that asks for it, for those who are told that it can't be had. */
  readonly param: string
  /** A text that has not begun. */
  open(): ConstrainedText
}

/** One choice's text so far. */
export interface ConstrainedText {
  /** Nothing can follow any more, so the choice is at its end. */
  readonly ended: boolean
  /**
   * What can follow: the one token that has to, or a mask [⌈V / 32⌉] whose bit i says whether token i can. The mask is
   * valid until the next call of any text of the same constraint.
   *
   * @throws ConstraintError when that takes more work than one step may
   */
  next(): number | Uint32Array
  /** @throws ConstraintError when the token can't follow */
  commit(token: number): void
  /** How many of these tokens can follow, one after the other. */
  accepted(tokens: readonly number[]): number
  /** The tokens that have to follow when these did. */
  forcedAfter(tokens: readonly number[]): readonly number[]
}

/** Why a constraint can't be served. Its message is for the tenant: it names what to change. */
export class ConstraintError extends Error {
  override readonly name = 'ConstraintError'
}
