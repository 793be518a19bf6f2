import { expect, test } from 'vitest'
import { workloadPrompts } from './prompts.ts'

test('200 workload prompts are all different', () => {
  const prompts = workloadPrompts(200).map(({ prompt }) => prompt)
  expect(new Set(prompts).size).toBe(200)
})
