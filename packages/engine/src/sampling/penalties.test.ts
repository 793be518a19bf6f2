import { describe, expect, it } from 'vitest'
import type { SamplingParameters } from '../request.ts'
import { Penalties } from './penalties.ts'
import { PLAIN } from './testing.ts'

function penalised(
  row: readonly number[],
  parameters: Partial<SamplingParameters>,
  { prompt = [], completion = [] }: { prompt?: number[]; completion?: number[] } = {},
): number[] {
  const penalties = new Penalties({ ...PLAIN, ...parameters }, prompt, row.length)
  for (const token of completion) penalties.commit(token)
  const scores = Float64Array.from(row)
  penalties.apply(scores)
  return [...scores]
}

describe('Penalties', () => {
  it('repetition divides positive and multiplies negative logits of prompt and completion', () => {
    const history = { prompt: [0, 0], completion: [1] }
    expect(penalised([2, -2, 2, 0], { repetitionPenalty: 2 }, history)).toEqual([1, -4, 2, 0])
  })

  it('frequency counts occurrences in the completion only', () => {
    const history = { prompt: [2, 2], completion: [0, 1, 0] }
    expect(penalised([1, 1, 1], { frequencyPenalty: 0.25 }, history)).toEqual([0.5, 0.75, 1])
  })

  it('presence counts once, in the completion only', () => {
    const history = { prompt: [2], completion: [0, 1, 0] }
    expect(penalised([1, 1, 1], { presencePenalty: 0.5 }, history)).toEqual([0.5, 0.5, 1])
  })

  it('bias is plain addition and comes before the repetition penalty', () => {
    const logitBias = new Map([
      [0, 100],
      [1, -100],
      [2, 3],
    ])
    expect(penalised([1, 1, -1], { logitBias })).toEqual([101, -99, 2])
    expect(penalised([1, 1, -1], { logitBias, repetitionPenalty: 2 }, { prompt: [2] })).toEqual([101, -99, 1])
  })

  it('leaves a forbidden token forbidden', () => {
    const logitBias = new Map([[0, 100]])
    const history = { prompt: [0], completion: [0] }
    const all = { logitBias, repetitionPenalty: 1.5, frequencyPenalty: -2, presencePenalty: -2 }
    expect(penalised([-Infinity, 0], all, history)).toEqual([-Infinity, 0])
  })

  it('ignores ids outside the vocabulary', () => {
    const logitBias = new Map([
      [7, 5],
      [-1, 5],
    ])
    const all = { logitBias, repetitionPenalty: 1.5, frequencyPenalty: 1 }
    expect(penalised([1, 2], all, { prompt: [9], completion: [8] })).toEqual([1, 2])
  })

  it('is inactive when nothing is set', () => {
    const logitBias = new Map([[1, 0]])
    expect(new Penalties({ ...PLAIN, logitBias }, [1, 2], 4).active).toBe(false)
    expect(new Penalties({ ...PLAIN, presencePenalty: -1 }, [], 4).active).toBe(true)
  })
})
