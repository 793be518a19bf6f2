import { CallObject, isBlank } from './call-object.ts'
import type { ToolCallForm } from './form.ts'

export type ToolCallDelta =
  | { readonly type: 'content'; readonly text: string }
  /** A call begins; calls of one answer count from 0. */
  | { readonly type: 'call'; readonly index: number; readonly name: string }
  /** More of a call's arguments, as the model writes them. */
  | { readonly type: 'arguments'; readonly index: number; readonly text: string }

interface ReaderOptions {
  readonly form: ToolCallForm
  /** Functions that exist: a call of another one is text. */
  readonly names: ReadonlySet<string>
  /** What comes behind the last is dropped. */
  readonly callsMax: number
}

/**
 * Reads calls out of an answer's text while it grows. However the text is cut into pieces, what all deltas say together
 * is the same. What only looks like a call is content, to the last character; tags, and blanks next to calls, are not.
 */
export class ToolCallReader {
  private deltas: ToolCallDelta[] = []
  /** `outside`: of any call; `plain`: there will be none any more. */
  private state: 'outside' | 'inside' | 'plain' = 'outside'
  private call: CallObject
  /** Whether the call was told of. */
  private told = false
  private calls = 0
  /** Read, but not known yet to be content; `blanks` stand before it. Apart, since there may be very many. */
  private held = ''
  private blanks = ''
  /** A call has ended, and nothing but what closes it came since. */
  private closing = false

  constructor(private readonly options: ReaderOptions) {
    this.call = this.nextCall()
  }

  take(text: string): ToolCallDelta[] {
    for (const character of text) this.takeOne(character)
    return this.flush()
  }

  /** The answer is over. What is held is content; a call that was cut short stays as it is. */
  end(): ToolCallDelta[] {
    const { tags } = this.options.form
    const closes = this.closing && (tags ? tags.close.startsWith(this.held) : isSeparator(this.held))
    if (!closes) this.release()
    return this.flush()
  }

  private flush(): ToolCallDelta[] {
    if (this.state === 'inside' && this.told) this.tellArguments()
    const { deltas } = this
    this.deltas = []
    return deltas
  }

  private takeOne(character: string): void {
    if (this.state === 'inside') this.takeInside(character)
    else if (this.calls >= this.options.callsMax) return
    else if (this.state === 'plain') this.release(character)
    else if (this.held === '' && isBlank(character)) this.blanks += character
    else if (this.options.form.tags) this.takeOutside(this.options.form.tags, character)
    else this.takeBetween(character)
  }

  private takeInside(character: string): void {
    const step = this.call.take(character)
    if (step !== 'broken') this.held += character
    if (!this.told && this.call.certain !== null) {
      this.told = true
      this.deltas.push({ type: 'call', index: this.calls, name: this.call.certain })
    }
    if (this.told) this.forget()
    if (step === 'more') return
    if (this.told) this.endCall()
    else {
      this.state = this.options.form.tags ? 'outside' : 'plain'
      this.release()
    }
    if (step === 'broken') this.takeOne(character)
  }

  private endCall(): void {
    this.tellArguments()
    this.calls++
    this.told = false
    this.state = 'outside'
    this.closing = true
  }

  private tellArguments(): void {
    const text = this.call.news()
    if (text !== '') this.deltas.push({ type: 'arguments', index: this.calls, text })
  }

  /** Looks for a tag. What may yet become one is held, and blanks before it. */
  private takeOutside({ open, close }: { open: string; close: string }, character: string): void {
    if (this.closing && character === '}' && this.held === '') return // one bracket too many, as models have it
    this.held += character
    if (this.held === open) this.beginCall()
    else if (this.closing && this.held === close) this.forget()
    else if (!open.startsWith(this.held) && !(this.closing && close.startsWith(this.held))) {
      // A tag has its first character only once, so that another can begin with the last character alone.
      this.held = this.held.slice(0, -character.length)
      this.release()
      if (open.startsWith(character)) this.held = character
      else if (isBlank(character)) this.blanks = character
      else this.release(character)
    }
  }

  /** Without tags: before the first call, or between two. */
  private takeBetween(character: string): void {
    const before = this.held
    this.held += character
    if (isBlank(character)) return
    if (character === '{' && isSeparator(before.trimEnd(), this.calls)) {
      this.beginCall()
      this.call.take(character)
    } else if (!isSeparator(this.held, this.calls)) {
      this.state = 'plain'
      this.release()
    }
  }

  private beginCall(): void {
    this.call = this.nextCall()
    this.state = 'inside'
  }

  private nextCall(): CallObject {
    return new CallObject(this.options.form, this.options.names)
  }

  /** What is held, and the text behind it, is content after all. */
  private release(text = ''): void {
    const content = this.closing ? this.held + text : this.blanks + this.held + text
    this.forget()
    if (content === '') return
    this.closing = false
    const last = this.deltas.at(-1)
    if (last?.type !== 'content') this.deltas.push({ type: 'content', text: content })
    else this.deltas[this.deltas.length - 1] = { type: 'content', text: last.text + content }
  }

  private forget(): void {
    this.held = ''
    this.blanks = ''
  }
}

/** What may stand between two calls without tags; before the first, nothing. */
function isSeparator(text: string, calls = 1): boolean {
  return text === '' || (calls > 0 && (text === ';' || text === ','))
}
