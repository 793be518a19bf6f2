import type { Workload } from './workload.ts'

/**
 * A tenant's prompts, for ever and never one twice: a draft must show what it learned on prompts that nobody sent
 * before. Templates take turns, so that each stretch of the stream is of the same kind. The same seed gives the same
 * prompts.
 *
 * @throws when nearly everything that the templates can say has been said.
 */
export function* promptsOf({ tenant, templates, words }: Workload, seed: number): Generator<string, never> {
  const random = mulberry32(seed)
  const said = new Set<string>()
  let order: readonly string[] = []
  for (let misses = 0; ; ) {
    if (order.length === 0) order = shuffled(templates, random)
    const [template = '', ...rest] = order
    order = rest
    const prompt = fill(template, words, random)
    misses = said.has(prompt) ? misses + 1 : 0
    if (misses > MISSES_MAX) throw new Error(`${tenant} has nothing new to ask after ${said.size} prompts`)
    if (misses > 0) continue
    said.add(prompt)
    yield prompt
  }
}

const MISSES_MAX = 200
const BLANK = /\{([a-z]+)\d*\}/g

function fill(template: string, words: Workload['words'], random: () => number): string {
  const filled = new Map<string, string>()
  return template.replace(BLANK, (blank, list: string) => {
    const known = filled.get(blank)
    if (known !== undefined) return known
    const free = (words[list] ?? []).filter((word) => ![...filled.values()].includes(word))
    const word = free[Math.floor(random() * free.length)]
    if (word === undefined) throw new Error(`no word for ${blank} in: ${template}`)
    filled.set(blank, word)
    return word
  })
}

/** Fisher and Yates. */
function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const left = [...items]
  return items.flatMap(() => left.splice(Math.floor(random() * left.length), 1))
}

/** Uniform in [0, 1): small, seeded, and good enough to choose words by. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
