import { describe, expect, it } from 'vitest'
import { type Message, openQuestions, referenceWorkloads, tenantWorkloads, type Workload } from './index.ts'

describe.each(
  [...openQuestions, ...tenantWorkloads, ...referenceWorkloads].map((workload) => [workload.name, workload] as const),
)('%s', (name, workload) => {
  const prompts = take(workload, 1, 1_500)
  const texts = prompts.map((messages) => JSON.stringify(messages))

  it('is the same for the same seed and another for another', () => {
    expect(take(workload, 1, 100)).toEqual(prompts.slice(0, 100))
    expect(take(workload, 2, 100)).not.toEqual(prompts.slice(0, 100))
  })

  it('never repeats itself', () => {
    expect(new Set(texts).size).toBe(prompts.length)
  })

  it('ends with what a user asks, with every blank filled and every choice made', () => {
    expect(prompts.filter((messages) => messages.at(-1)?.role !== 'user')).toEqual([])
    expect(prompts.filter((messages) => messages.some(({ content }) => content.trim() === ''))).toEqual([])
    const unfilled = /\{[a-z]+\d*\}|\([^()|]+\|[^()]*\)|undefined|\w [,?]| $/
    expect(prompts.filter((messages) => unfilled.test(messages.at(-1)?.content ?? ''))).toEqual([])
  })

  it('has a name that can be that of a file', () => {
    expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/)
  })
})

function take(workload: Workload, seed: number, count: number): (readonly Message[])[] {
  const stream = workload.prompts(seed)
  return Array.from({ length: count }, () => stream.next().value)
}
