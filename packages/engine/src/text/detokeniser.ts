/** The part of a tokenizer that turns ids back into bytes. */
export interface TokenBytes {
  bytesOf(id: number): Uint8Array
}

/**
 * Text of a growing token sequence. A byte-level token may end inside a character, so bytes wait here until their
 * character is complete; what can never become one is U+FFFD, by the maximal-subpart rule of the WHATWG Encoding
 * standard (section 4.1, "UTF-8 decode without BOM"). All pushes and the final flush, joined, are exactly the decode
 * of all bytes at once, and no piece ends inside a surrogate pair.
 */
export class Detokeniser {
  // ignoreBOM keeps a leading U+FEFF: it is text that the model wrote.
  private readonly decoder = new TextDecoder('utf-8', { ignoreBOM: true })

  constructor(private readonly table: TokenBytes) {}

  /** Text that these tokens complete; the empty string while a character is open. */
  push(tokens: readonly number[]): string {
    let text = ''
    for (const token of tokens) text += this.decoder.decode(this.table.bytesOf(token), { stream: true })
    return text
  }

  /** Ends the text: an open character becomes U+FFFD. Afterwards the detokeniser starts anew. */
  flush(): string {
    return this.decoder.decode()
  }
}
