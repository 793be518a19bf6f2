import fc from 'fast-check'
import { pino } from 'pino'
import { expect, it } from 'vitest'
import { DEPTH, REDACTED, SECRET_FIELDS, withoutSecrets } from './redact.ts'

const lines: string[] = []
const paths = SECRET_FIELDS.flatMap((field) =>
  Array.from({ length: DEPTH }, (_, depth) => `${'*.'.repeat(depth)}${field}`),
)
/** pino's own redaction. */
const reference = pino(
  { base: null, timestamp: false, redact: { paths, censor: REDACTED } },
  { write: (line) => void lines.push(line) },
)

const name = fc.constantFrom('prompt', 'body', 'authorization', 'a', 'b', '0')
const { fields } = fc.letrec((tie) => ({
  value: fc.oneof({ depthSize: 'medium' }, fc.string(), fc.integer(), fc.constant(null), tie('fields'), tie('list')),
  list: fc.array(tie('value'), { maxLength: 3 }),
  fields: fc.dictionary(name, tie('value'), { maxKeys: 4, noNullPrototype: true }),
}))

it('takes out what pino would, and leaves the rest', () => {
  fc.assert(
    fc.property(fields, (each) => {
      const line = JSON.parse(JSON.stringify(each))
      const before = JSON.stringify(line)
      const kept = withoutSecrets(line)
      expect(JSON.stringify(line)).toBe(before)
      reference.info(line)
      expect({ level: 30, ...kept }).toEqual(JSON.parse(lines.pop() ?? ''))
    }),
    { numRuns: 2_000 },
  )
})

it('leaves alone what has none', () => {
  const line = { requestId: 'req_1', err: Object.assign(new Error('x'), { body: 'SECRET' }), at: new Date(0) }
  expect(withoutSecrets(line)).toBe(line)
  expect(withoutSecrets({ reason: line.err })).toEqual({ reason: { body: REDACTED } })
})
