import { TokenizerError } from './error.ts'
import type { TokenizerFiles, TokenizerPart } from './files.ts'

/**
 * The bytes each token stands for, by id; nothing for special tokens and unused ids.
 *
 * A token need not be valid UTF-8 on its own, so text is made from bytes and never from tokens.
 */
export function tokenBytes({ tokenizer }: TokenizerFiles): Uint8Array[] {
  const spell = spellingOf(tokenizer.decoder ?? undefined)
  const table: Uint8Array[] = []
  for (const [token, id] of Object.entries(tokenizer.model.vocab)) table[id] = spell(token)
  for (const { id, content, special } of tokenizer.added_tokens) {
    table[id] = special ? new Uint8Array() : new TextEncoder().encode(content)
  }
  return Array.from(table, (bytes) => bytes ?? new Uint8Array())
}

function spellingOf(decoder: TokenizerPart | undefined): (token: string) => Uint8Array {
  const types = [decoder, ...(decoder?.decoders ?? [])].map((part) => part?.type)
  if (types.includes('ByteLevel')) return byteLevel
  if (types.includes('ByteFallback') || types.includes('Metaspace')) return byteFallback
  throw new TokenizerError(`tokenizer.json: decoder ${types[0] ?? 'none'} is not byte-level or byte-fallback`)
}

/** Llama 2's way: ▁ is a space and <0x0A> a byte that no piece covers. */
function byteFallback(token: string): Uint8Array {
  const byte = /^<0x([0-9A-F]{2})>$/.exec(token)?.[1]
  return byte ? Uint8Array.of(Number.parseInt(byte, 16)) : new TextEncoder().encode(token.replaceAll('▁', ' '))
}

/** GPT-2's way: each byte is written as one printable character. */
function byteLevel(token: string): Uint8Array {
  return Uint8Array.from(token, (character) => {
    const byte = byteOfCharacter.get(character)
    if (byte === undefined) throw new TokenizerError(`tokenizer.json: token "${token}" is not byte-level`)
    return byte
  })
}

/** Printable Latin-1 stands for itself; the other bytes follow from U+0100 in order (GPT-2's encoder). */
const byteOfCharacter: ReadonlyMap<string, number> = new Map(characters())

function* characters(): Generator<[string, number]> {
  let next = 256
  for (let byte = 0; byte < 256; byte += 1) {
    const printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174
    yield [String.fromCodePoint(printable ? byte : next), byte]
    if (!printable) next += 1
  }
}
