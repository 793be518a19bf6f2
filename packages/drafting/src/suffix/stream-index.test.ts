import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { candidates, vote } from './predict.ts'
import { searchByScan, voteByScan } from './reference.ts'
import { BOUNDARY, BYTES_PER_TOKEN, StreamIndex } from './stream-index.ts'

const CAPACITY = 64

/** Streams over few tokens, so that contexts repeat, collide and nest. */
const scenario = fc.integer({ min: 1, max: 4 }).chain((alphabet) => {
  const tokens = fc.array(fc.nat({ max: alphabet }), { minLength: 1, maxLength: 40 })
  return fc.record({
    streams: fc.array(tokens, { maxLength: 8 }),
    context: tokens,
    orderMin: fc.constantFrom(1, 2, 4),
  })
})

describe('StreamIndex', () => {
  it('finds and elects exactly what a scan of all positions would, before and after old tokens are dropped', () => {
    fc.assert(
      fc.property(scenario, ({ streams, context, orderMin }) => {
        const history = streams.flatMap((stream) => [...stream, BOUNDARY])
        const index = new StreamIndex(16, CAPACITY)
        for (const token of history) index.append(token)
        const found = candidates()
        index.search(Int32Array.from(context), context.length, orderMin, found)
        const expected = searchByScan(history, CAPACITY, context, orderMin)
        expect(places(found)).toEqual(expected)
        const [fast, reference] = [vote(index, found), voteByScan(history, expected)]
        expect(fast?.token).toBe(reference?.token)
        expect(fast?.support).toBe(reference?.support)
        expect(fast?.match).toBe(reference?.match)
        expect(fast?.position).toBe(reference?.position)
        expect(fast?.share ?? 0).toBeCloseTo(reference?.share ?? 0, 12)
      }),
      { numRuns: 2_000 },
    )
  })

  it('never matches across the end of a stream', () => {
    const index = indexOf([1, 2], [3, 4])
    const found = candidates()
    index.search(Int32Array.from([1, 2, 3]), 3, 1, found)
    expect(places(found)).toEqual([{ position: 5, match: 1 }])
    index.search(Int32Array.from([1, 2]), 2, 1, found)
    expect(found.count).toBe(0)
  })

  it('keeps its arrays at the configured size however many tokens pass through', () => {
    const index = new StreamIndex(16, 1_000)
    for (let i = 0; i < 3_000_000; i++) index.append(Math.imul(i, 0x9e3779b1) >>> 20)
    expect(index.size).toBe(512)
    expect(index.bytes).toBe(512 * BYTES_PER_TOKEN)
  })

  it('answers the same after its position counter restarts', () => {
    const [endless, restarted] = [new StreamIndex(16, CAPACITY), new StreamIndex(16, CAPACITY, 100)]
    const found = candidates()
    for (let i = 0; i < 1_000; i++) {
      const token = Math.imul(i, 0x9e3779b1) >>> 30
      const answers = [endless, restarted].map((index) => {
        index.append(token)
        index.search(Int32Array.from([1, 2, token]), 3, 1, found)
        return { ...vote(index, found), position: 0 }
      })
      expect(answers[1]).toEqual(answers[0])
    }
  })

  it('lists the streams that would lose tokens, with the proposals they made come true', () => {
    const index = indexOf([1, 2], [3, 4], [5, 6])
    index.credit(5)
    expect([...index.oldest(4)]).toEqual([
      { tokens: [1, 2], hits: 0 },
      { tokens: [3, 4], hits: 1 },
    ])
  })
})

function places(found: ReturnType<typeof candidates>) {
  return Array.from({ length: found.count }, (_, i) => ({ position: found.positions[i], match: found.matches[i] }))
}

function indexOf(...streams: number[][]): StreamIndex {
  const index = new StreamIndex(16, CAPACITY)
  for (const token of streams.flatMap((stream) => [...stream, BOUNDARY])) index.append(token)
  return index
}
