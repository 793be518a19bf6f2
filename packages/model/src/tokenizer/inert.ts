import { randomUUID } from 'node:crypto'
import { Tokenizer as Encoder } from '@huggingface/tokenizers'
import type { TokenizerFiles } from './files.ts'

/**
 * Encodes prompts whose user text may spell special tokens, without making them special.
 *
 * The special tokens of this encoder have other names, which nobody can guess. Special text in what users wrote is
 * swapped for a stand-in before the template runs; afterwards the template's own special text gets the new names and
 * the stand-ins turn back into ordinary text. One encoding then sees the whole prompt, so merges across the borders
 * of user text are what they always are.
 */
export class InertEncoder {
  readonly #encoder: Encoder
  /** Special text → the name it has here, and what stands for it in user text meanwhile. */
  readonly #specials: ReadonlyMap<string, { readonly name: string; readonly standIn: string }>
  readonly #pattern: RegExp

  constructor({ tokenizer, config }: TokenizerFiles) {
    const nonce = randomUUID()
    const specials = tokenizer.added_tokens.filter(({ special }) => special)
    this.#specials = new Map(
      specials.map(({ id, content }) => [
        content,
        { name: `\u{f0000}${nonce}:${id}\u{f0001}`, standIn: `\u{f0002}${nonce}:${id}\u{f0003}` },
      ]),
    )
    // Longest first, so that no special token hides one that it begins.
    const longestFirst = [...this.#specials.keys()].sort((a, b) => b.length - a.length)
    this.#pattern = new RegExp(longestFirst.map(escapePattern).join('|') || '(?!)', 'gu')
    const added_tokens = tokenizer.added_tokens.map((token) => ({
      ...token,
      content: this.#specials.get(token.content)?.name ?? token.content,
    }))
    this.#encoder = new Encoder({ ...tokenizer, added_tokens }, config)
  }

  /** Whether any string in the value spells a special token. */
  spellsSpecial(value: unknown): boolean {
    let found = false
    mapStrings(value, (text) => {
      found ||= text.search(this.#pattern) >= 0
      return text
    })
    return found
  }

  /** The value with every special text in its strings swapped for its stand-in. */
  disarm(value: unknown): unknown {
    return mapStrings(value, (text) => text.replace(this.#pattern, (found) => this.#specials.get(found)?.standIn ?? ''))
  }

  /** Token ids of a prompt that was rendered from disarmed values. */
  encode(rendered: string): number[] {
    let text = rendered.replace(this.#pattern, (found) => this.#specials.get(found)?.name ?? '')
    for (const [special, { standIn }] of this.#specials) text = text.replaceAll(standIn, () => special)
    return this.#encoder.encode(text, { add_special_tokens: false }).ids
  }
}

function mapStrings(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value)
  if (Array.isArray(value)) return value.map((item) => mapStrings(item, change))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [change(key), mapStrings(item, change)]))
}

const escapePattern = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
