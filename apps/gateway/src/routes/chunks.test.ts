import type { ChatCompletionChunk } from '@foretoken/protocol'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { sseEvent } from '../generation/sse.ts'
import { Chunks } from './chunks.ts'

it('a chunk is the same bytes as one that is written as a whole', () => {
  const any = fc.string({ unit: 'binary' })
  fc.assert(
    fc.property(any, any, fc.nat(), fc.boolean(), (model, content, index, withUsage) => {
      const base = { id: 'chatcmpl-1', created: 1, model, object: 'chat.completion.chunk' as const }
      const choice = { index, delta: { content }, logprobs: null, finish_reason: null }
      const whole: ChatCompletionChunk = { ...base, choices: [choice], ...(withUsage && { usage: null }) }
      expect(new Chunks<ChatCompletionChunk>(base, withUsage).of(choice)).toBe(sseEvent(whole))
    }),
    { examples: [['"choices":[]', '"choices":[]', 0, true]] },
  )
})
