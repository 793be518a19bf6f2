import type { ToolCallForm } from './form.ts'
import { JsonValue } from './json-value.ts'

export type Step =
  /** The character belongs to the object. */
  | 'more'
  /** The object ended with it. */
  | 'ended'
  /** It is no call, or not any more, and the character is not part of it. */
  | 'broken'

/**
 * One call's object, read a character at a time. The call is certain once a function that exists is named and its
 * arguments have begun; from then on `news` gives the arguments as they come, and what breaks ends the call where it is.
 */
export class CallObject {
  private expected: 'open' | 'key' | 'colon' | 'value' | 'comma' | 'nothing' = 'open'
  private key = ''
  private value: JsonValue | null = null
  private name: string | null = null
  private argumentsBegan = false
  /** Of the arguments, what was not told yet. */
  private untold = ''

  constructor(
    private readonly form: ToolCallForm,
    private readonly names: ReadonlySet<string>,
  ) {}

  /** The function's name once the call is certain. */
  get certain(): string | null {
    return this.argumentsBegan || this.expected === 'nothing' ? this.name : null
  }

  take(character: string): Step {
    if (this.value) return this.takeOfValue(this.value, character)
    if (isBlank(character)) return 'more'
    switch (this.expected) {
      case 'open':
        return this.expect(character === '{', 'key')
      case 'colon':
        return this.expect(character === ':', 'value')
      case 'comma':
        return character === '}' ? this.end() : this.expect(character === ',', 'key')
      case 'key':
        if (character === '}') return this.end()
        return character === '"' ? this.begin(character) : 'broken'
      case 'value':
        return this.begin(character)
      case 'nothing':
        return 'broken'
    }
  }

  /** What of the arguments was not told yet. An object without any has none: `{}`. */
  news(): string {
    if (this.expected === 'nothing' && !this.argumentsBegan) {
      this.argumentsBegan = true
      this.untold = '{}'
    }
    const text = this.untold
    this.untold = ''
    return text
  }

  private expect(met: boolean, next: typeof this.expected): Step {
    if (!met) return 'broken'
    this.expected = next
    return 'more'
  }

  private begin(character: string): Step {
    this.value = JsonValue.begin(character)
    if (!this.value) return 'broken'
    if (this.expected === 'value' && this.key === this.form.argumentsKey) {
      if (character !== '{') return character === 'n' ? 'more' : 'broken' // null is as good as none
      this.argumentsBegan = true
      this.untold = character
    }
    return 'more'
  }

  private takeOfValue(value: JsonValue, character: string): Step {
    const taken = value.take(character)
    if (taken === 'broken') return 'broken'
    if (this.expected === 'value' && this.key === this.form.argumentsKey && value.isObject) {
      this.untold += character
    }
    if (taken === 'more') return 'more'
    this.value = null
    const kept = this.keep(value)
    if (kept === 'broken' || taken === 'ended') return kept
    return this.take(character) // it ended before this character
  }

  private keep(value: JsonValue): Step {
    if (this.expected === 'key') {
      this.key = value.string ?? ''
      this.expected = 'colon'
      return 'more'
    }
    this.expected = 'comma'
    if (this.key !== this.form.nameKey) return 'more'
    if (value.string === null || !this.names.has(value.string)) return 'broken'
    this.name = value.string
    return 'more'
  }

  /** Without tags to say so, an object with a name alone may be anything. */
  private end(): Step {
    if (this.name === null || !(this.argumentsBegan || this.form.tags)) return 'broken'
    this.expected = 'nothing'
    return 'ended'
  }
}

export const isBlank = (character: string): boolean => ' \n\r\t'.includes(character)
