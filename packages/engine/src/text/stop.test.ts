import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { StopMatcher, type StopResult } from './stop.ts'

/** Cuts at the first completed stop string, the longest of those that end together. */
function truncate(text: string, stops: readonly string[]): StopResult {
  const found = stops
    .map((stop) => ({ stop, start: text.indexOf(stop), end: text.indexOf(stop) + stop.length }))
    .filter(({ stop, start }) => stop !== '' && start >= 0)
    .sort((a, b) => a.end - b.end || a.start - b.start)[0]
  return found ? { text: text.slice(0, found.start), stopped: found.stop } : { text }
}

function stream(pieces: readonly string[], stops: readonly string[]): StopResult & { pieces: string[] } {
  const matcher = new StopMatcher(stops)
  const emitted: string[] = []
  for (const piece of pieces) {
    const { text, stopped } = matcher.push(piece)
    emitted.push(text)
    if (stopped !== undefined) return { text: emitted.join(''), stopped, pieces: emitted }
  }
  emitted.push(matcher.flush())
  return { text: emitted.join(''), pieces: emitted }
}

// A small alphabet, so that stop strings overlap themselves, each other and the text; with a pair that shares
// its high surrogate.
const unit = fc.constantFrom('a', 'b', '\n', '😀', '😁')
const pieces = fc.array(fc.string({ unit, maxLength: 6 }), { maxLength: 12 })
const stops = fc.array(fc.string({ unit, maxLength: 6 }), { maxLength: 5 })

describe('StopMatcher', () => {
  it('gives what a search in the whole text gives, however the text is cut', () => {
    fc.assert(
      fc.property(pieces, stops, (parts, ends) => {
        const { text, stopped } = stream(parts, ends)
        const expected = truncate(parts.join(''), ends)
        expect(text).toBe(expected.text)
        expect(stopped).toBe(expected.stopped)
      }),
      { numRuns: 3000 },
    )
  })

  it('holds back exactly the longest suffix that can still become a stop string', () => {
    fc.assert(
      fc.property(pieces, stops, (parts, ends) => {
        const matcher = new StopMatcher(ends)
        let seen = ''
        let emitted = ''
        for (const part of parts) {
          const { text, stopped } = matcher.push(part)
          if (stopped !== undefined) return
          seen += part
          emitted += text
          const open = Array.from({ length: seen.length + 1 }, (_, start) => seen.slice(start))
          const held = open.find((suffix) => suffix === '' || ends.some((stop) => stop.startsWith(suffix)))
          expect(emitted + held).toBe(seen)
        }
      }),
      { numRuns: 1000 },
    )
  })

  it('never cuts a character in two', () => {
    fc.assert(
      fc.property(pieces, fc.array(fc.constantFrom('😀', '😁a', '\ud83d', '\ude00', 'b\ud83d')), (parts, ends) => {
        for (const text of stream(parts, ends).pieces) expect(text).not.toMatch(/\p{Surrogate}/u)
      }),
      { numRuns: 1000 },
    )
  })

  it('finds a stop string that starts inside a failed attempt', () => {
    expect(stream(['aab', 'aab', 'c'], ['aabc'])).toMatchObject({ text: 'aab', stopped: 'aabc' })
  })

  it('stays silent after the match', () => {
    const matcher = new StopMatcher(['.'])
    expect(matcher.push('a.b')).toEqual({ text: 'a', stopped: '.' })
    expect(matcher.push('c')).toEqual({ text: '', stopped: '.' })
    expect(matcher.flush()).toBe('')
  })

  it('passes everything through when there is nothing to stop at', () => {
    expect(stream(['a', 'b'], ['', '\ud83d']).pieces).toEqual(['a', 'b', ''])
  })

  it('takes time linear in the text', () => {
    // 2·10⁶ units against 16 stop strings of 256 that nearly match throughout; quadratic would be minutes.
    const ends = Array.from({ length: 16 }, (_, index) => `${'a'.repeat(255 - index)}b`)
    const text = 'a'.repeat(2e6)
    expect(stream([text], ends).text).toBe(text)
  })
})
