import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeFrame, FrameDecoder, readFrames } from './frames.ts'
import type { Frame } from './rpc.ts'
import { endFrame, exampleCall } from './testing/scripts.ts'

const start: Frame = { type: 'start', worker: 'wrk_a', promptTokens: 3 }
const end = endFrame(exampleCall('scripted'), 1)

const stream = fc
  .array(
    fc.record({
      text: fc.string({ unit: 'grapheme' }),
      choice: fc.nat(3),
      tokens: fc.array(fc.nat()),
      completionTokens: fc.nat(),
    }),
  )
  .map((texts): Frame[] => [start, ...texts.map((text): Frame => ({ type: 'text', ...text })), end])

describe('frames', () => {
  it('survive being split anywhere, also inside a character', async () => {
    await fc.assert(
      fc.asyncProperty(stream, fc.infiniteStream(fc.integer({ min: 1, max: 40 })), async (frames, sizes) => {
        const bytes = Buffer.from(frames.map(encodeFrame).join(''))
        const read: Frame[] = []
        for await (const some of readFrames(pieces(bytes, sizes))) read.push(...some)
        expect(read).toEqual(frames)
      }),
    )
  })

  it('never pass when the stream is cut short', () => {
    fc.assert(
      fc.property(stream, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (frames, share) => {
        const bytes = Buffer.from(frames.map(encodeFrame).join(''))
        const decoder = new FrameDecoder()
        expect(() => {
          decoder.push(bytes.subarray(0, Math.floor(bytes.length * share)))
          decoder.finish()
        }).toThrow('the stream ended')
      }),
    )
  })

  it.each([
    ['text before start', [encodeFrame({ type: 'finish', choice: 0, reason: 'stop' })], 'out of order'],
    ['two starts', [encodeFrame(start), encodeFrame(start)], 'out of order'],
    ['anything after the end', [encodeFrame(start), encodeFrame(end), encodeFrame(start)], 'after the end'],
    ['an empty line', ['\n'], 'not JSON'],
    ['bytes that are no UTF-8', [Buffer.from([0xff, 0x0a])], 'not JSON'],
    ['a field of another version', ['{"type":"start","worker":"w","promptTokens":1,"x":1}\n'], 'breaks the schema'],
    ['a frame that never ends', ['a'.repeat(2_000)], 'larger than 1024 bytes'],
  ])('refuse %s', (_, chunks, message) => {
    const decoder = new FrameDecoder(1_024)
    expect(() => {
      for (const chunk of chunks) decoder.push(Buffer.from(chunk))
    }).toThrow(message)
  })
})

async function* pieces(bytes: Uint8Array, sizes: Iterable<number>): AsyncGenerator<Uint8Array> {
  let from = 0
  for (const size of sizes) {
    if (from >= bytes.length) return
    yield bytes.subarray(from, from + size)
    from += size
  }
}
