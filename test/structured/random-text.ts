import type { Constraint } from '@foretoken/engine'
import type { Tokenizer } from '@foretoken/model'
import { uniforms } from './schemas/uniforms.ts'

/** A text of tokens drawn at random from those that are possible; undefined: it has not ended within so many. */
export function randomText(
  constraint: Constraint,
  tokenizer: Tokenizer,
  seed: number,
  tokensMax: number,
): string | undefined {
  const uniform = uniforms(seed)
  const closers = CLOSERS.flatMap((text) => tokenizer.spell(Buffer.from(text)).slice(0, 1))
  const text = constraint.open()
  const tokens: number[] = []
  while (!text.ended) {
    if (tokens.length >= tokensMax) return undefined
    const next = text.next()
    const possible = typeof next === 'number' ? [next] : tokensOf(next, tokenizer.vocabularySize)
    const end = possible.find((token) => tokenizer.eosIds.includes(token))
    if (end !== undefined && (uniform() < 0.5 || possible.length === 1)) break
    const closing = uniform() < 0.3 ? closers.find((token) => possible.includes(token)) : undefined
    const others = possible.filter((token) => !tokenizer.eosIds.includes(token))
    const token = closing ?? others[Math.floor(uniform() * others.length)]
    if (token === undefined) throw new Error('nothing is possible')
    text.commit(token)
    tokens.push(token)
  }
  return tokenizer.decode(tokens)
}

/** Without them a random string hardly ever ends. */
const CLOSERS = ['"', '}', ']', '"}', 'null', ', "', ',']

function tokensOf(mask: Uint32Array, vocabularySize: number): number[] {
  const tokens: number[] = []
  for (let id = 0; id < vocabularySize; id++) if (((mask[id >> 5] ?? 0) >>> (id & 31)) & 1) tokens.push(id)
  return tokens
}
