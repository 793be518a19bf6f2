import type { ConstrainedText, Constraint, ConstraintCompiler, ConstraintSource } from '@foretoken/engine'
import { Tokenizer } from '@foretoken/model'
import { kernels } from '@foretoken/native'
import { referenceTargetFolder } from '@foretoken/reference-target'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { compilerOf, json } from './compiled.ts'
import { schemas } from './schemas/index.ts'

const END = 2
const tokenizer = await Tokenizer.open(referenceTargetFolder, [END])
const newCompiler = () => compilerOf(tokenizer, tokenizer.vocabularySize)
const LONG = 'a long text — of many words, ünd mehr 👍 '.repeat(60)
const SOURCES = [
  ...schemas(80).map(({ schema }) => json(schema)),
  { kind: 'regex', pattern: '([a-z]+, ){0,5}[A-Z][a-z]*\\.' } as const,
  { kind: 'grammar', grammar: 'root ::= "(" root ")" root | [a-c]*' } as const,
  { kind: 'choice', choices: ['one', 'one two', 'three'] } as const,
  json({ const: LONG }),
]

/** What the text may go on with, in full. */
function outlook(text: ConstrainedText) {
  const next = text.next()
  return typeof next === 'number' ? [next] : tokensOf(next)
}

function tokensOf(mask: Uint32Array): number[] {
  const tokens: number[] = []
  for (let id = 0; id < tokenizer.vocabularySize; id++) if (((mask[id >> 5] ?? 0) >>> (id & 31)) & 1) tokens.push(id)
  return tokens
}

/** A text of so many tokens, each one of those that are possible; `disturb` may ask the text anything on the way. */
function written(
  constraint: Constraint,
  draws: readonly number[],
  disturb: (text: ConstrainedText, draw: number) => void,
) {
  const text = constraint.open()
  const tokens: number[] = []
  for (const draw of draws) {
    disturb(text, draw)
    const possible = outlook(text)
    const token = possible[draw % possible.length]
    if (text.ended || token === undefined || token === END) break
    text.commit(token)
    tokens.push(token)
  }
  return { text, tokens }
}

function resumed(constraint: Constraint, tokens: readonly number[]): ConstrainedText {
  const text = constraint.open()
  for (const token of tokens) text.commit(token)
  return text
}

function sourceAt(at: number): ConstraintSource {
  const source = SOURCES[at]
  if (!source) throw new RangeError('there is no such source')
  return source
}

const cases = fc.tuple(fc.nat(SOURCES.length - 1), fc.array(fc.nat(1e6), { maxLength: 30 }))

describe.runIf(kernels)('a text under a constraint', () => {
  let compiler: ConstraintCompiler
  beforeAll(() => {
    compiler = newCompiler()
  })

  test('is a function of its tokens, whatever was asked of it, drafted and taken back on the way', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ([at, draws]) => {
        const constraint = await compiler.compile('ten_a', sourceAt(at), 'x')
        const { text, tokens } = written(constraint, draws, (text, draw) => {
          const guesses = Array.from({ length: 6 }, (_, depth) => (draw * (depth + 3)) % tokenizer.vocabularySize)
          const possible = guesses.slice(0, text.accepted(guesses))
          const forced = text.forcedAfter(possible)
          text.forcedAfter([...possible, ...forced.slice(0, 3)])
        })
        const other = resumed(constraint, tokens)
        expect(other.ended).toBe(text.ended)
        expect(outlook(other)).toEqual(outlook(text))
        expect(other.forcedAfter([])).toEqual(text.forcedAfter([]))
      }),
      { numRuns: 400 },
    )
  }, 120_000)

  test('goes on as another of the same grammar does, also one with a lexer of its own', async () => {
    const cold = newCompiler()
    await fc.assert(
      fc.asyncProperty(cases, async ([at, draws]) => {
        const { text, tokens } = written(await compiler.compile('ten_a', sourceAt(at), 'x'), draws, () => {})
        const other = resumed(await cold.compile('ten_b', sourceAt(at), 'x'), tokens)
        expect(outlook(other)).toEqual(outlook(text))
      }),
      { numRuns: 200 },
    )
  }, 120_000)

  test('accepts of a draft at least what it would let be drawn, and nothing where the first token is refused', async () => {
    await fc.assert(
      fc.asyncProperty(cases, fc.array(fc.nat(1e6), { minLength: 1, maxLength: 8 }), async ([at, draws], draft) => {
        const constraint = await compiler.compile('ten_a', sourceAt(at), 'x')
        const { text, tokens } = written(constraint, draws, () => {})
        const drafted: number[] = []
        const other = resumed(constraint, tokens)
        let drawable = 0
        for (const draw of draft) {
          const possible = other.ended ? [] : outlook(other)
          // Mostly a possible token, now and then any.
          const token = draw % 4 === 0 ? draw % tokenizer.vocabularySize : (possible[draw % possible.length] ?? 0)
          drafted.push(token)
          if (drafted.length > drawable + 1 || !possible.includes(token)) continue
          drawable++
          if (token === END) break
          other.commit(token)
        }
        const accepted = text.accepted(drafted)
        expect(accepted).toBeGreaterThanOrEqual(drawable)
        if (drawable === 0) expect(accepted).toBe(0)
      }),
      { numRuns: 400 },
    )
  }, 120_000)

  test('is spelled as the tokenizer does where it is forced, however long that is', async () => {
    const text = (await compiler.compile('ten_a', json({ const: LONG }), 'x')).open()
    const tokens: number[] = []
    for (let drafted: readonly number[] = []; !text.ended; drafted = drafted.slice(1)) {
      if (drafted.length === 0) drafted = text.forcedAfter([])
      const [token] = outlook(text)
      if (token === undefined) throw new Error('nothing is possible')
      expect(token).toBe(drafted[0] ?? token)
      text.commit(token)
      tokens.push(token)
    }
    expect(tokenizer.decode(tokens)).toBe(JSON.stringify(LONG))
    expect(tokens).toEqual(tokenizer.spell(Buffer.from(JSON.stringify(LONG))))
  })

  test('allows the end where the text may end, and nothing else where it must', async () => {
    const constraint = await compiler.compile('ten_a', { kind: 'regex', pattern: 'ab?' }, 'x')
    const [a, b] = [...tokenizer.spell(Buffer.from('a')), ...tokenizer.spell(Buffer.from('b'))]
    if (a === undefined || b === undefined) throw new Error('no tokens')
    const text = constraint.open()
    text.commit(a)
    expect(outlook(text).sort()).toEqual([END, b].sort())
    expect(text.ended).toBe(false)
    text.commit(b)
    expect(text.ended).toBe(true)
    expect(outlook(text)).toEqual([END])
  })

  test('begins where a grammar says that it does: a schema behind a trigger', async () => {
    const schema = JSON.stringify({ type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] })
    const grammar = `start: FREE ("CALL " %json ${schema})?\nFREE: /[a-z ]*/`
    const constraint = await compiler.compile('ten_a', { kind: 'grammar', grammar }, 'x')
    const spelled = (text: string) => tokenizer.spell(Buffer.from(text))
    const text = constraint.open()
    expect(text.accepted(spelled('some words'))).toBe(spelled('some words').length)
    for (const token of spelled('some words CALL {"n":')) text.commit(token)
    expect(text.accepted(spelled('"'))).toBe(0)
    expect(text.accepted(spelled('12}'))).toBe(spelled('12}').length)
  })
})
