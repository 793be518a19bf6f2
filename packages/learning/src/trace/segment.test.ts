import { decodeSafetensors, encodeSafetensors, SafetensorsError, tensorOf } from '@foretoken/storage'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { exampleTrace, HIDDEN_SIZE } from '../testing/traces.ts'
import { decodeSegment, encodeSegment, SegmentError } from './segment.ts'

const origin = { tenant: 'ten_a', target: 'fingerprint', hiddenSize: HIDDEN_SIZE }

const sizes = fc.array(fc.record({ prompt: fc.nat(6), tokens: fc.integer({ min: 1, max: 6 }) }), { maxLength: 5 })
const tracesOf = (lengths: readonly { prompt: number; tokens: number }[]) =>
  lengths.map((length, index) => exampleTrace({ ...length, request: `req_${index}` }))

describe('a segment', () => {
  it('gives back every trace as it was, whatever their lengths', () => {
    fc.assert(
      fc.property(sizes, (lengths) => {
        const traces = tracesOf(lengths)
        expect(decodeSegment(encodeSegment(traces, origin))).toEqual({ ...origin, traces })
      }),
    )
  })

  it('is read whole or refused, however its bytes are damaged', () => {
    const bytes = encodeSegment(tracesOf([{ prompt: 2, tokens: 3 }]), origin)
    const damage = fc.record({ at: fc.nat(bytes.length - 1), to: fc.nat(255) })
    fc.assert(
      fc.property(fc.array(damage, { minLength: 1, maxLength: 4 }), fc.nat(bytes.length - 1), (hits, cut) => {
        const damaged = bytes.slice()
        for (const { at, to } of hits) damaged[at] = to
        for (const candidate of [damaged, bytes.subarray(0, cut)]) {
          try {
            const { traces, hiddenSize } = decodeSegment(candidate)
            for (const { tokens, hidden } of traces) expect(hidden.length).toBe((tokens.length + 1) * hiddenSize)
          } catch (error) {
            expect(error instanceof SegmentError || error instanceof SafetensorsError).toBe(true)
          }
        }
      }),
      { numRuns: 1_000 },
    )
    expect(() => decodeSegment(bytes.subarray(0, -1))).toThrow(SafetensorsError)
  })

  it.each([
    ['token_ends', Int32Array.of(2, 1), 'overlap'],
    ['token_ends', Int32Array.of(1, 5), 'add up'],
    ['prompt_ends', Int32Array.of(1), 'prompt_ends is missing or misshapen'],
    ['temperatures', Float32Array.of(1), 'misshapen'],
  ])('whose %s are %j is refused', (name, values, message) => {
    const { tensors, metadata } = decodeSafetensors(
      encodeSegment(
        tracesOf([
          { prompt: 1, tokens: 1 },
          { prompt: 1, tokens: 1 },
        ]),
        origin,
      ),
    )
    const dtype = values instanceof Int32Array ? 'I32' : 'F32'
    const changed = { ...Object.fromEntries(tensors), [name]: tensorOf(dtype, [values.length], values) }
    expect(() => decodeSegment(encodeSafetensors(changed, metadata))).toThrow(message)
  })

  it('of another format is refused', () => {
    expect(() => decodeSegment(encodeSafetensors({}, { format: 'foretoken-traces/2' }))).toThrow(SegmentError)
  })
})
