/**
 * Finds the end of a JSON value, a character at a time. It keeps strings, since keys and names are some, and counts
 * brackets; what is between them is the model's business.
 */
export class JsonValue {
  private depth = 0
  private inString = false
  private escaped = false
  private text = ''

  private constructor(private readonly first: string) {}

  /** Null where no value begins so. */
  static begin(character: string): JsonValue | null {
    if (!/[[{"\-\dtfn]/.test(character)) return null
    const value = new JsonValue(character)
    value.take(character)
    return value
  }

  get isObject(): boolean {
    return this.first === '{'
  }

  /** What a string that has ended says; null for other values, and for one that is none. */
  get string(): string | null {
    if (this.first !== '"') return null
    try {
      const parsed: unknown = JSON.parse(this.text)
      return typeof parsed === 'string' ? parsed : null
    } catch {
      return null
    }
  }

  /** `ended`: with this character; `over`: before it, which a number can't know sooner. */
  take(character: string): 'more' | 'ended' | 'over' | 'broken' {
    if (this.first === '"') this.text += character
    if (this.inString) return this.takeInString(character)
    if (character === '"') {
      this.inString = true
      return 'more'
    }
    if (character === '<') return 'broken' // of no JSON but the end of a call
    if ('{['.includes(character)) this.depth++
    else if (this.depth === 0) return /[\w+.-]/.test(character) ? 'more' : 'over'
    else if ('}]'.includes(character)) this.depth--
    return this.depth === 0 ? 'ended' : 'more'
  }

  private takeInString(character: string): 'more' | 'ended' {
    if (this.escaped) this.escaped = false
    else if (character === '\\') this.escaped = true
    else if (character === '"') this.inString = false
    return this.inString || this.depth > 0 ? 'more' : 'ended'
  }
}
