import { expect, test } from 'vitest'
import type { Asked } from './ask.ts'
import { figuresOf } from './figures.ts'

/** `tokens` one by one from `firstMs` on, 10 ms apart. */
function asked(tenant: string, arrivedMs: number, firstMs: number, tokens: number, more: Partial<Asked> = {}): Asked {
  const events = Array.from({ length: tokens }, (_, at) => ({ atMs: firstMs + 10 * at, tokens: 1 }))
  const endMs = firstMs + 10 * (tokens - 1)
  return { tenant, arrivedMs, cold: false, refused: false, events, endMs, promptTokens: 10, cachedTokens: 0, ...more }
}

const unanswered = (tenant: string): Asked => {
  return { tenant, arrivedMs: 0, cold: false, refused: true, events: [], promptTokens: 10, cachedTokens: 0 }
}

test('waiting counts from when a request was due, and goodput is what came in time', () => {
  const figures = figuresOf([asked('a', 100, 150, 5), asked('b', 900, 980, 5, { cold: true, cachedTokens: 5 })], 1)
  expect(figures).toMatchObject({ requests: 2, refused: 0, cold: 1, tenants: 2, tokensPerSecond: 7, cached: 0.25 })
  expect(figures.firstTokenMs.p50).toBeCloseTo(50)
  expect(figures.firstTokenMs.p99).toBeCloseTo(80)
  expect(figures.betweenTokensMs.p95).toBeCloseTo(10)
})

test('all that was asked for and served is fair, however much each asked for', () => {
  const { fairness } = figuresOf([asked('a', 0, 10, 20), asked('a', 0, 10, 20), asked('b', 0, 10, 4)], 1)
  expect(fairness.asked).toBeCloseTo(1)
  expect(fairness.due).toBeCloseTo(1)
})

test('who floods and is cut to its share is treated fairly, and who takes the share of others is not', () => {
  const flood = (served: number, refused: number) => [
    ...Array.from({ length: served }, () => asked('heavy', 0, 10, 10)),
    ...Array.from({ length: refused }, () => unanswered('heavy')),
  ]
  const cut = figuresOf([...flood(4, 16), asked('light', 0, 10, 10)], 1)
  expect(cut.fairness.due).toBeCloseTo(1)
  expect(cut.fairness.asked).toBeLessThan(0.75)
  const starved = figuresOf([...flood(4, 16), asked('light', 0, 10, 2), unanswered('light'), unanswered('light')], 1)
  expect(starved.fairness.due).toBeLessThan(0.8)
})
