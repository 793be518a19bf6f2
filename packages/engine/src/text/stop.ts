/** Text that is safe to emit, and the stop string that ended it, if one did. */
export interface StopResult {
  readonly text: string
  readonly stopped?: string
}

/**
 * Finds stop strings in streamed text. Emitted is everything before the match; the stop string itself is not
 * (OpenAI's semantics). A match is taken at the first character that completes any stop string; when several end
 * there, the longest counts. So the outcome depends on the text only, never on how it was cut into tokens.
 *
 * Held back is exactly the longest suffix that could still grow into a stop string, no more: a stream is never later
 * than it must be. Time is linear in text × stop strings, by one Knuth-Morris-Pratt automaton per stop string
 * (Knuth, Morris and Pratt 1977).
 *
 * Text is expected in whole characters, as the detokeniser gives it. A stop string with a lone surrogate can't occur
 * in such text and is ignored, or it would cut a character in two; so is the empty one.
 */
export class StopMatcher {
  private readonly automata: readonly Automaton[]
  private held = ''
  private stopped: string | undefined

  constructor(stops: readonly string[]) {
    this.automata = stops
      .filter((stop) => stop !== '' && !/\p{Surrogate}/u.test(stop))
      .map((stop) => new Automaton(stop))
  }

  /** After a match nothing is emitted any more and the same stop string is reported again. */
  push(text: string): StopResult {
    if (this.stopped !== undefined) return { text: '', stopped: this.stopped }
    if (this.automata.length === 0) return { text }
    const pending = this.held + text
    for (let index = this.held.length; index < pending.length; index++) {
      const stop = this.completedBy(pending.charCodeAt(index))
      if (stop === undefined) continue
      this.held = ''
      this.stopped = stop
      return { text: pending.slice(0, index + 1 - stop.length), stopped: stop }
    }
    let heldLength = 0
    for (const automaton of this.automata) heldLength = Math.max(heldLength, automaton.matched)
    const safe = pending.length - heldLength
    this.held = pending.slice(safe)
    return { text: pending.slice(0, safe) }
  }

  /** The text ended: what was held back belongs to it. */
  flush(): string {
    const rest = this.held
    this.held = ''
    for (const automaton of this.automata) automaton.matched = 0
    return rest
  }

  /** The longest stop string that this UTF-16 code unit completes. All automata must see it, so no early return. */
  private completedBy(unit: number): string | undefined {
    let longest: string | undefined
    for (const automaton of this.automata) {
      if (automaton.step(unit) && automaton.stop.length > (longest?.length ?? 0)) longest = automaton.stop
    }
    return longest
  }
}

/** `matched` is the length of the longest suffix of the text that is a prefix of `stop`. */
class Automaton {
  matched = 0
  /** borders[n]: length of the longest proper prefix of the first n units that is also their suffix. */
  private readonly borders: Uint16Array

  constructor(readonly stop: string) {
    this.borders = new Uint16Array(stop.length + 1)
    for (let length = 2; length <= stop.length; length++) {
      this.borders[length] = this.extend(this.border(length - 1), stop.charCodeAt(length - 1))
    }
  }

  /** Whether this unit completes the stop string. */
  step(unit: number): boolean {
    this.matched = this.extend(this.matched, unit)
    return this.matched === this.stop.length
  }

  private extend(matched: number, unit: number): number {
    let length = matched
    while (length > 0 && this.stop.charCodeAt(length) !== unit) length = this.border(length)
    return this.stop.charCodeAt(length) === unit ? length + 1 : 0
  }

  private border(length: number): number {
    return this.borders[length] ?? 0
  }
}
