import { describe, expect, it } from 'vitest'
import type { Question } from '../asking/question.ts'
import { exampleTrace, HIDDEN_SIZE } from '../testing/traces.ts'
import { encodeSegment } from '../trace/index.ts'
import { storedAnswers } from './questions.ts'

const EOS = 2
const trace = (request: string, changes: object = {}) => ({ ...exampleTrace({ request }), temperature: 0, ...changes })
const ended = { tokens: Int32Array.of(7, 8, 9, 7, EOS) }
/** The second answer was cut at five tokens. */
const traces = [trace('orders-1'), trace('orders-0', ended)]
const segment = encodeSegment(traces, { tenant: 'orders', target: 'mine', hiddenSize: HIDDEN_SIZE })

const asked = (id: string, changes: Partial<Question> = {}): Question => {
  const prompt = [...(traces.find(({ request }) => request === id)?.prompt ?? [])]
  return { id, prompt, temperature: 0, seed: 0, tokensMax: 5, ...changes }
}
const questions = [asked('orders-0'), asked('orders-1')]
const read = (some: readonly Question[], target = 'mine', bytes = segment) => storedAnswers(bytes, some, target, [EOS])

describe('stored answers', () => {
  it('come in the order of the questions, and may be more than are asked for', () => {
    expect(read(questions)?.map(({ request }) => request)).toEqual(['orders-0', 'orders-1'])
    expect(read(questions.slice(1))).toHaveLength(1)
  })

  it.each([
    ['of another target', () => read(questions, 'another')],
    ['that lack one', () => read([...questions, asked('orders-2')])],
    ['to another prompt', () => read([asked('orders-0', { prompt: [1, 2, 3] })])],
    ['to a longer prompt', () => read([asked('orders-0', { prompt: [...(questions[0]?.prompt ?? []), 1] })])],
    ['drawn otherwise', () => read([asked('orders-0', { temperature: 1 })])],
    ['longer than they may be', () => read([asked('orders-0', { tokensMax: 4 })])],
    ['cut shorter than they may be', () => read([asked('orders-1', { tokensMax: 6 })])],
    ['of a file that is damaged', () => read(questions, 'mine', segment.subarray(0, segment.length - 1))],
  ])('%s are none', (_, answers) => {
    expect(answers()).toBeUndefined()
  })

  it('that ended by themselves hold for any limit', () => {
    expect(read([asked('orders-0', { tokensMax: 600 })])).toHaveLength(1)
  })
})
