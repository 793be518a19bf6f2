import { randomDraft } from '@foretoken/drafting/testing'
import { expect, test } from 'vitest'
import { circle, SHAPE, TABLES, writtenTrace } from '../testing/source.ts'
import { fitAdapter } from './fit.ts'

const draft = randomDraft(3, SHAPE)
const options = { threads: 1, signal: new AbortController().signal, onProgress: () => {} }
/** Answers that go in a circle of tokens, two of which the draft can't propose. */
const traces = (tokens: readonly number[], from: number, count: number) =>
  Array.from({ length: count }, (_, at) =>
    writtenTrace(from + at, circle(tokens), 24, [tokens[at % tokens.length] ?? 0, 0]),
  )

test('an adapter that goes on from a parent begins with what that one knows, its hot tokens in their places', async () => {
  const first = { training: traces([1, 4, 3, 8], 1, 12), validation: traces([1, 4, 3, 8], 50, 3) }
  const parent = await fitAdapter(draft, TABLES, first, { ...options, steps: 200, learningRate: 0.02 })
  expect(parent.acceptanceLength).toBeGreaterThan(2.5)
  // Nearly the same traffic, with a token that is new.
  const next = { training: traces([1, 4, 3, 8, 5], 101, 12), validation: traces([1, 4, 3, 8, 5], 150, 3) }
  const anew = await fitAdapter(draft, TABLES, next, { ...options, steps: 2 })
  const kept = await fitAdapter(draft, TABLES, next, { ...options, steps: 2, start: parent.adapter })
  expect(kept.acceptanceLength).toBeGreaterThan(anew.acceptanceLength + 0.3)
  const known = [...parent.adapter.hotTokens]
  expect([...kept.adapter.hotTokens]).toEqual([...known, 5])
  expect(new Set(known)).toEqual(new Set([1, 3]))
})
