/** A tokenizer, as far as it spells parts of texts. */
export interface Speller {
  /** The ordinary tokens of some bytes; none where they can't be spelled by themselves. */
  spell(bytes: Uint8Array): readonly number[]
}

/** What a grammar forces is the same few strings again and again, and a tokenizer takes longer than a mask. */
export class Spelling {
  private readonly known = new Map<string, readonly number[]>()

  constructor(private readonly speller: Speller) {}

  /** All of it, or of a long text the beginning. */
  of(bytes: Uint8Array): Spelled {
    if (bytes.length <= BYTES_MAX) return { tokens: this.spelled(bytes), whole: true }
    const part = this.spelled(wholeCharacters(bytes.subarray(0, BYTES_MAX)))
    return { tokens: part.slice(0, -OPEN_TOKENS), whole: false }
  }

  private spelled(part: Uint8Array): readonly number[] {
    const key = Buffer.from(part.buffer, part.byteOffset, part.length).toString('latin1')
    const known = this.known.get(key)
    if (known) return known
    const tokens = this.speller.spell(part)
    if (this.known.size >= ENTRIES_MAX) this.known.clear()
    this.known.set(key, tokens)
    return tokens
  }
}

export interface Spelled {
  readonly tokens: readonly number[]
  /** The text ends with them. */
  readonly whole: boolean
}

const BYTES_MAX = 256
/** Last tokens of a part that may be spelled together with what follows it. */
const OPEN_TOKENS = 4
const ENTRIES_MAX = 2_048

/** Without the beginning of a character at its end. */
function wholeCharacters(bytes: Uint8Array): Uint8Array {
  let end = bytes.length
  while (end > 0 && ((bytes[end - 1] ?? 0) & 0xc0) === 0x80) end--
  return bytes.subarray(0, Math.max(0, end - 1))
}
