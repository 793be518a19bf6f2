import type { Trace } from '@foretoken/engine'
import { describe, expect, it } from 'vitest'
import { exampleTrace } from '../testing/traces.ts'
import { splitTraces } from './split.ts'

const traces = (count: number): Trace[] =>
  Array.from({ length: count }, (_, at) => ({ ...exampleTrace(), request: `req_${at}`, prompt: Int32Array.of(at, 7) }))
const promptsOf = (part: readonly Trace[]) => new Set(part.map(({ prompt }) => prompt.join()))

describe("a tenant's traces are split so that", () => {
  it('no prompt is on two sides, and one that repeats judges once', () => {
    const split = splitTraces([...traces(200), ...traces(200)])
    const [training, validation, heldOut] = [split.training, split.validation, split.heldOut].map(promptsOf)
    expect(split.heldOut).toHaveLength(heldOut?.size ?? 0)
    expect(new Set([...(training ?? []), ...(validation ?? []), ...(heldOut ?? [])]).size).toBe(200)
    expect((training?.size ?? 0) + (validation?.size ?? 0) + (heldOut?.size ?? 0)).toBe(200)
    expect(split.training).toHaveLength(2 * (training?.size ?? 0))
  })

  it('what is held out now was held out in every earlier run', () => {
    const counts = [30, 60, 120, 400, 1_000]
    for (const [at, count] of counts.slice(1).entries()) {
      const seen = traces(counts[at] ?? 0)
      const earlier = promptsOf(splitTraces(seen).heldOut)
      const now = promptsOf(splitTraces(traces(count)).heldOut)
      const judgedAgain = [...now].filter((prompt) => promptsOf(seen).has(prompt))
      expect(judgedAgain.length).toBeGreaterThan(0)
      expect(judgedAgain.filter((prompt) => !earlier.has(prompt))).toEqual([])
    }
  })

  it('few requests leave enough to judge by, and many leave most to learn from', () => {
    expect(splitTraces(traces(40)).heldOut.length).toBeGreaterThanOrEqual(8)
    const many = splitTraces(traces(2_000))
    expect(many.training.length).toBeGreaterThan(1_500)
    expect(many.heldOut.length).toBeGreaterThan(150)
  })
})
