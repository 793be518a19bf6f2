import { oneOf, type Random, seededRandom, shuffled } from './random.ts'
import type { Message, Workload } from './workload.ts'

/** By name of the blank. A word may have blanks and choices of its own. */
export type Words = Readonly<Record<string, readonly string[]>>

export interface Example {
  readonly user: string
  readonly assistant: string
}

export interface Templates {
  readonly name: string
  readonly describe: string
  readonly system?: string
  /** Exchanges that every chat begins with: small models follow an example better than a rule. */
  readonly examples?: readonly Example[]
  /**
   * Prompts with blanks and choices. `{city}` is filled with a word of that list, the same wherever the blank repeats;
   * `{city2}` takes from the same list, and never the same word. `(a|b)` is one of the two.
   */
  readonly templates: readonly string[]
  readonly words: Words
}

/** A workload that fills templates, which take turns, so that each stretch of it is of the same kind. */
export function templated(kind: Templates): Workload {
  const { name, describe, templates, words } = kind
  const before = openingOf(kind)
  return {
    name,
    describe,
    *prompts(seed) {
      const random = seededRandom(seed)
      const said = new Set<string>()
      let order: readonly string[] = []
      for (let misses = 0; ; ) {
        if (order.length === 0) order = shuffled(templates, random)
        const [template = '', ...rest] = order
        order = rest
        const content = fill(template, words, random)
        misses = said.has(content) ? misses + 1 : 0
        if (misses > MISSES_MAX) throw new Error(`${name} has nothing new to ask after ${said.size} prompts`)
        if (misses > 0) continue
        said.add(content)
        yield [...before, { role: 'user', content }]
      }
    },
  }
}

function openingOf({ system, examples = [] }: Templates): Message[] {
  const turns = examples.flatMap(({ user, assistant }): Message[] => [
    { role: 'user', content: user },
    { role: 'assistant', content: assistant },
  ])
  return system === undefined ? turns : [{ role: 'system', content: system }, ...turns]
}

const MISSES_MAX = 200
const CHOICE = /( ?)\(([^()|]*\|[^()]*)\)/g
const BLANK = /(\b[Aa] )?(\{([a-z]+)\d*\})/g
const VOWEL = /^[aeiou]/i

function fill(template: string, words: Words, random: Random, filled = new Map<string, string>()): string {
  return choose(template, random).replace(BLANK, (_, article: string | undefined, blank: string, list: string) => {
    const word = filled.get(blank) ?? fill(freeWord(words[list] ?? [], blank, filled, random), words, random, filled)
    filled.set(blank, word)
    return article === undefined ? word : `${article.trim()}${VOWEL.test(word) ? 'n' : ''} ${word}`
  })
}

/** Choices within choices are made first; one of nothing takes the space before it along. */
function choose(template: string, random: Random): string {
  const chosen = template.replace(CHOICE, (_, space: string, choice: string) => {
    const text = oneOf(choice.split('|'), random)
    return text === '' ? '' : space + text
  })
  return chosen === template ? chosen : choose(chosen, random)
}

function freeWord(words: readonly string[], blank: string, filled: Map<string, string>, random: Random): string {
  const used = new Set(filled.values())
  const free = words.filter((word) => !used.has(word))
  if (free.length === 0) throw new Error(`no word for ${blank}`)
  return oneOf(free, random)
}
