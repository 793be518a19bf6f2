/** A tokenizer, as far as it spells parts of texts. */
export interface Speller {
  /** The ordinary tokens of some bytes; none where they can't be spelled by themselves. */
  spell(bytes: Uint8Array): readonly number[]
}

/** What a grammar forces is the same few strings again and again, and a tokenizer takes longer than a mask. */
export class Spelling {
  private readonly known = new Map<string, readonly number[]>()

  constructor(private readonly speller: Speller) {}

  of(bytes: Uint8Array): readonly number[] {
    // Long ones are spelled in part: the rest is asked for again where that part ends.
    const part = bytes.length > BYTES_MAX ? wholeCharacters(bytes.subarray(0, BYTES_MAX)) : bytes
    const key = Buffer.from(part.buffer, part.byteOffset, part.length).toString('latin1')
    const known = this.known.get(key)
    if (known) return known
    const tokens = this.speller.spell(part)
    if (this.known.size >= ENTRIES_MAX) this.known.clear()
    this.known.set(key, tokens)
    return tokens
  }
}

const BYTES_MAX = 256
const ENTRIES_MAX = 2_048

/** Without the beginning of a character at its end. */
function wholeCharacters(bytes: Uint8Array): Uint8Array {
  let end = bytes.length
  while (end > 0 && ((bytes[end - 1] ?? 0) & 0xc0) === 0x80) end--
  return bytes.subarray(0, Math.max(0, end - 1))
}
