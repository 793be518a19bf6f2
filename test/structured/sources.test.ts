import type { Constraint } from '@foretoken/engine'
import { kernels } from '@foretoken/native'
import fc from 'fast-check'
import { test as anyTest, expect } from 'vitest'
import { compiled, END, json } from './compiled.ts'

const test = anyTest.runIf(kernels)

/** Whether the whole text is one that the constraint allows. */
function allows(constraint: Constraint, text: string): boolean {
  const written = constraint.open()
  for (const byte of Buffer.from(text)) {
    if (written.ended || written.accepted([byte]) === 0) return false
    written.commit(byte)
  }
  return written.ended || written.accepted([END]) === 1
}

const choices = (...texts: string[]) => ({ kind: 'choice', choices: texts }) as const
const regex = (pattern: string) => ({ kind: 'regex', pattern }) as const
const grammar = (text: string) => ({ kind: 'grammar', grammar: text }) as const

test.each([
  [
    choices('yes', 'no', 'a/b (c)?', 'yes!', 'two words', 'naïve'),
    ['yes', 'no', 'yes!', 'a/b (c)?', 'two words', 'naïve'],
    ['y', '', 'yesno'],
  ],
  [regex('[a-c]+\\d{2}'), ['a12', 'abc99'], ['12', 'a1', 'a123', 'a٣٣']],
  [regex('^ab?$'), ['a', 'ab'], ['abb', '^a']],
  [regex('^a|b$'.replaceAll(/[\^$]/g, '')), ['a', 'b'], ['ab']],
  [regex('\\$'), ['$'], ['\\', '']],
  [regex('a/b'), ['a/b'], ['ab']],
  [
    grammar('root ::= "SELECT " cols\ncols ::= [a-z]+ (", " [a-z]+)* # columns'),
    ['SELECT a, bc'],
    ['SELECT ', 'SELECT a,b'],
  ],
  [grammar('root ::= [a-z]* "x"'), ['x', 'abcx', 'xxx'], ['', 'abc']],
  [grammar('root ::= "a"{2,3} [^a-c]? "\\n" | "\\u00e9" .'), ['aa\n', 'aaad\n', 'é!'], ['a\n', 'aaaa\n', 'aaab\n']],
  [grammar('root ::= "(" root ")" | ""'), ['', '()', '((()))'], ['(', '())', '()()']],
  [grammar('root ::= a "d" | "ab" "e"\na ::= "a" "bc"? | a "z"'), ['ad', 'abcd', 'azzd', 'abe'], ['abd', 'abce']],
  [grammar('start: "a" NUMBER\nNUMBER: /[0-9]+/'), ['a12'], ['a', '12']],
])('%j allows exactly its texts', async (source, right, wrong) => {
  const constraint = await compiled(source)
  for (const text of right) expect([text, allows(constraint, text)]).toEqual([text, true])
  for (const text of wrong) expect([text, allows(constraint, text)]).toEqual([text, false])
})

/** The same language twice: as EBNF, and as a regular expression of JavaScript. */
const languages = fc.letrec<{ node: { ebnf: string; pattern: string } }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(
      { ebnf: '"a"', pattern: 'a' },
      { ebnf: '"b"', pattern: 'b' },
      { ebnf: '"ab"', pattern: '(?:ab)' },
      { ebnf: '[ab]', pattern: '[ab]' },
      { ebnf: '[^a]', pattern: '[^a]' },
      { ebnf: '""', pattern: '(?:)' },
    ),
    fc.tuple(tie('node'), tie('node')).map(([one, other]) => ({
      ebnf: `(${one.ebnf} ${other.ebnf})`,
      pattern: `(?:${one.pattern}${other.pattern})`,
    })),
    fc.tuple(tie('node'), tie('node')).map(([one, other]) => ({
      ebnf: `(${one.ebnf} | ${other.ebnf})`,
      pattern: `(?:${one.pattern}|${other.pattern})`,
    })),
    fc.tuple(tie('node'), fc.constantFrom('*', '+', '?', '{2}', '{1,2}', '{0,2}')).map(([one, times]) => ({
      ebnf: `(${one.ebnf})${times}`,
      pattern: `(?:${one.pattern})${times}`,
    })),
  ),
})).node

test('EBNF means every way to read a text, with recursion in the grammar and without', async () => {
  const texts = Array.from({ length: 31 }, (_, at) =>
    (at + 1).toString(2).slice(1).replaceAll('0', 'a').replaceAll('1', 'b'),
  )
  await fc.assert(
    fc.asyncProperty(languages, fc.boolean(), async ({ ebnf, pattern }, recursive) => {
      // Never taken, but it makes the grammar one that contains itself.
      const loop = recursive ? ' | "z" root' : ''
      const constraint = await compiled(grammar(`root ::= part${loop}\npart ::= ${ebnf}`))
      const whole = new RegExp(`^(?:${pattern})$`)
      for (const text of texts) expect([text, allows(constraint, text)]).toEqual([text, whole.test(text)])
    }),
    { numRuns: 150 },
  )
}, 60_000)

test.each<[unknown, string]>([
  [{ not: {} }, "the keyword 'not' in the schema"],
  [{ properties: { a: { uniqueItems: true } } }, "'uniqueItems' in the schema at properties.a"],
  [{ anyOf: [{}, { if: {} }] }, "'if' in the schema at anyOf[1]"],
  [{ $schema: 'http://json-schema.org/draft-04/schema#', contains: {} }, "'contains'"],
  [{ $defs: { a: { dependentRequired: {} } }, $ref: '#/$defs/a' }, "'dependentRequired' in the schema at $defs.a"],
  [{ 'x-guidance': { lenient: true } }, "'x-guidance'"],
  [{ $ref: 'https://example.com/schema' }, 'the $ref in the schema'],
  [{ $ref: '#/$defs/missing' }, 'missing'],
  [{ type: 'string', format: 'credit-card' }, "the format 'credit-card'"],
  [{ type: 'string', pattern: '(?=a)b' }, 'look-around'],
  [{ type: 'string', pattern: '(' }, 'unclosed group'],
  [{ type: 'text' }, 'text'],
  [{ type: 'integer', minimum: 5, maximum: 4 }, 'minimum'],
  [{ oneOf: [{ type: 'integer' }, { type: 'number' }] }, 'oneOf'],
  [{ properties: { a: 5 } }, 'at properties.a is neither'],
  [false, 'allows nothing'],
  [7, 'neither an object'],
])('the schema %j is refused, and the refusal says why', async (schema, reason) => {
  await expect(compiled(json(schema))).rejects.toThrow(reason)
})

test.each<[Parameters<typeof compiled>[0], string]>([
  [regex('a(?!b)'), 'look-around'],
  [regex('[z-a]'), 'invalid'],
  [grammar('root ::= missing'), "'missing' is not defined"],
  [grammar('main ::= "a"'), "no rule 'root'"],
  [grammar('root ::= ('), 'not closed'],
  [grammar('root ::= "a'), 'line 1'],
  [grammar('root ::= "a"\nroot ::= "b"'), 'twice'],
  [grammar('root ::= * "a"'), 'nothing before it'],
  [grammar('start: foo'), 'foo'],
  [grammar('start: /a/ ['), "Expected token ']'"],
  [grammar('start: gen\ngen[max_tokens=3]: /a*/'), 'max_tokens'],
  [json('{'), 'neither'],
  [{ kind: 'json', schema: '{' }, 'no JSON'],
])('%j is refused, and the refusal says why', async (source, reason) => {
  await expect(compiled(source)).rejects.toThrow(reason)
})

const nested = (open: string, close: string, times: number) => open.repeat(times) + close.repeat(times)
const chain = (times: number) => Array.from({ length: times }, (_, at) => `T${at}: T${at + 1} T${at + 1}`).join('\n')

test.each<[string, Parameters<typeof compiled>[0]]>([
  ['a deep schema', { kind: 'json', schema: nested('{"items":', '}', 5_000).replace('}', '{}}') }],
  ['deep groups', regex(nested('(', ')', 5_000))],
  ['deep groups of EBNF', grammar(`root ::= ${nested('(', ')', 5_000)}`)],
  ['deep groups of Lark', grammar(`start: ${nested('(', ')', 5_000)}`)],
  ['powers', regex('((a{1,900}){1,900}){1,900}')],
  ['powers of EBNF', grammar('root ::= ((("a"{1,900}){1,900}){1,900}){1,900}')],
  ['doubling', grammar(`start: T0\n${chain(60)}\nT60: "a"`)],
  ['a long chain', grammar(`start: T0\n${chain(3_000)}\nT3000: "a"`)],
  ['endless left recursion', grammar('root ::= root')],
  ['an ambiguous grammar', grammar('root ::= root root | "a" | ""')],
  ['a schema that is itself', json({ $ref: '#' })],
  [
    'circles of all',
    json({
      $defs: { a: { allOf: [{ $ref: '#/$defs/b' }] }, b: { allOf: [{ $ref: '#/$defs/a' }] } },
      $ref: '#/$defs/a',
    }),
  ],
  ['a string of a billion', json({ type: 'string', minLength: 999_999_999 })],
  ['arrays of a billion', json({ type: 'array', items: { type: 'integer' }, minItems: 999_999_999 })],
  [
    'many patterns',
    json({ patternProperties: Object.fromEntries(Array.from({ length: 2_000 }, (_, at) => [`^a${at}`, {}])) }),
  ],
  ['many choices', choices(...Array.from({ length: 6_000 }, (_, at) => `choice ${at}`))],
  ['lone surrogates', choices('\ud800', 'b')],
  ['nul', regex('\0+')],
  [
    '100 anyOfs in a row',
    json({ allOf: Array.from({ length: 100 }, () => ({ anyOf: [{ type: 'string' }, { minLength: 1 }] })) }),
  ],
])(
  '%s ends in a constraint or in a refusal, and the process lives',
  async (_, source) => {
    const outcome = await compiled(source).then(
      (constraint) => constraint.open().next(),
      (error: unknown) => (error instanceof Error ? error.name : error),
    )
    expect(typeof outcome === 'number' || outcome instanceof Uint32Array || outcome === 'ConstraintError').toBe(true)
  },
  30_000,
)
