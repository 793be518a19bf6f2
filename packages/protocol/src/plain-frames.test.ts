import fc from 'fast-check'
import { expect, it } from 'vitest'
import { isPlainFrame } from './plain-frames.ts'
import { type Frame, frameSchema } from './rpc.ts'
import { endFrame, exampleCall } from './testing/scripts.ts'

const token = fc.record({ text: fc.string(), bytes: fc.array(fc.nat(255)), logprob: fc.integer() })
const frame: fc.Arbitrary<Frame> = fc.oneof(
  fc.record(
    {
      type: fc.constant('text' as const),
      choice: fc.nat(),
      text: fc.string({ unit: 'binary' }),
      tokens: fc.array(fc.nat()),
      completionTokens: fc.maxSafeInteger(),
      cachedTokens: fc.nat(),
      logprobs: fc.array(
        fc.record({ text: fc.string(), bytes: fc.array(fc.nat(255)), logprob: fc.integer(), top: fc.array(token) }),
      ),
    },
    { requiredKeys: ['type', 'choice', 'text', 'tokens', 'completionTokens'] },
  ),
  fc.constant({ type: 'alive' as const }),
  fc.record({
    type: fc.constant('finish' as const),
    choice: fc.nat(),
    reason: fc.constantFrom('stop' as const, 'length' as const),
  }),
  fc.record({ type: fc.constant('start' as const), worker: fc.string(), promptTokens: fc.nat() }),
  fc.constant(endFrame(exampleCall('scripted'), 3)),
)

const fields = ['type', 'choice', 'text', 'tokens', 'completionTokens', 'cachedTokens', 'logprobs', 'reason', 'worker']
const odd = fc.oneof(
  fc.jsonValue(),
  fc.double(),
  fc.integer(),
  fc.array(fc.oneof(fc.integer(), fc.double({ noNaN: true }), fc.string())),
  fc.constantFrom('text', 'alive', 'finish', 'stop', 2 ** 53, -0, -1, 0.5, null),
)
/** A field changed, added or removed. */
const mutated = fc
  .tuple(frame, fc.constantFrom(...fields, '__proto__', 'toString', 'x'), fc.option(odd, { nil: undefined }))
  .map(([whole, field, value]) => {
    const kept = Object.entries(whole).filter(([name]) => name !== field)
    return parsed(value === undefined ? kept : [...kept, [field, value] as const])
  })

/** As it comes from the wire, where also `__proto__` is a field like others. */
function parsed(entries: readonly (readonly [string, unknown])[]): unknown {
  return JSON.parse(`{${entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join()}}`)
}

it('is said of no frame that the schema refuses, or would change', () => {
  const value = fc.oneof(frame, mutated, fc.jsonValue())
  fc.assert(
    fc.property(value, (each) => {
      if (!isPlainFrame(each)) return
      expect(frameSchema.safeParse(each)).toEqual({ success: true, data: each })
    }),
    { numRuns: 5_000 },
  )
})

it('is said of every valid frame of the kinds that an answer has many of', () => {
  fc.assert(
    fc.property(frame, (each) => {
      const many = each.type === 'alive' || each.type === 'finish' || (each.type === 'text' && !each.logprobs)
      expect(isPlainFrame(each)).toBe(many)
    }),
  )
})
