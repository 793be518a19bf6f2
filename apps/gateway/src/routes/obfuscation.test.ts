import fc from 'fast-check'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { sseEvent } from '../generation/sse.ts'
import { padded } from './obfuscation.ts'

const dataOf = (event: string) => z.record(z.string(), z.unknown()).parse(JSON.parse(event.replace(/^data: /, '')))

it('an event of any text has one of few sizes, and says what it said', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 3_000 }), (content) => {
      const event = padded(sseEvent({ id: 'chatcmpl-1', content }))
      expect(event.endsWith('}\n\n')).toBe(true)
      expect(Math.log2(Buffer.byteLength(event)) % 1).toBe(0)
      expect(Buffer.byteLength(event)).toBeGreaterThanOrEqual(256)
      const { obfuscation, ...said } = dataOf(event)
      expect(said).toEqual(dataOf(sseEvent({ id: 'chatcmpl-1', content })))
      expect(obfuscation).toMatch(/^[\w-]*$/)
    }),
  )
})

it('two events of one size are filled differently', () => {
  const event = sseEvent({ content: 'a' })
  expect(padded(event)).not.toBe(padded(event))
})
