import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Detokeniser } from './detokeniser.ts'

/** Token i is pieces[i]. */
function stream(pieces: readonly Uint8Array[]): string[] {
  const detokeniser = new Detokeniser({ bytesOf: (id) => pieces[id] ?? new Uint8Array() })
  return [...pieces.map((_, id) => detokeniser.push([id])), detokeniser.flush()]
}

/** Random bytes, and valid text with random damage, so that open sequences of every length occur. */
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 20 }).map((text) => new TextEncoder().encode(text)),
  fc
    .array(fc.constantFrom(0xf0, 0x9f, 0x98, 0x80, 0xe2, 0x82, 0xac, 0xef, 0xbb, 0xbf, 0xed, 0xa0, 0xc3, 0x41))
    .map((all) => Uint8Array.from(all)),
)

const pieces = fc.tuple(bytes, fc.array(fc.nat(40), { maxLength: 12 })).map(([all, cuts]) => {
  const bounds = [0, ...cuts.map((cut) => Math.min(cut, all.length)), all.length].sort((a, b) => a - b)
  return bounds.slice(1).map((end, index) => all.slice(bounds[index], end))
})

describe('Detokeniser', () => {
  it('gives the decode of all bytes at once, wherever tokens cut them', () => {
    fc.assert(
      fc.property(pieces, (parts) => {
        expect(stream(parts).join('')).toBe(Buffer.concat(parts).toString('utf8'))
      }),
      { numRuns: 2000 },
    )
  })

  it('never emits half a character', () => {
    fc.assert(
      fc.property(pieces, (parts) => {
        for (const text of stream(parts)) expect(text).not.toMatch(/\p{Surrogate}/u)
      }),
    )
  })

  it('holds an emoji back until its last byte', () => {
    const parts = [...new TextEncoder().encode('a😀')].map((byte) => Uint8Array.of(byte))
    expect(stream(parts)).toEqual(['a', '', '', '', '😀', ''])
  })

  it('replaces a character that never completes', () => {
    expect(stream([Uint8Array.of(0x41, 0xf0, 0x9f)])).toEqual(['A', '\ufffd'])
  })

  it('keeps a byte order mark that the model wrote', () => {
    expect(stream([Uint8Array.of(0xef, 0xbb), Uint8Array.of(0xbf, 0x41)]).join('')).toBe('\ufeffA')
  })

  it('starts anew after a flush', () => {
    const table = [Uint8Array.of(0xe2, 0x82), Uint8Array.of(0x41)]
    const detokeniser = new Detokeniser({ bytesOf: (id) => table[id] ?? new Uint8Array() })
    detokeniser.push([0])
    expect(detokeniser.flush()).toBe('\ufffd')
    expect(detokeniser.push([1])).toBe('A')
    expect(detokeniser.flush()).toBe('')
  })
})
