import { loadModel } from '@foretoken/model'
import { exampleCall } from '@foretoken/protocol/testing'
import { referenceTargetFolder } from '@foretoken/reference-target'
import { afterAll, expect, it } from 'vitest'
import { compiledConstraint, generationRequest } from './request.ts'

const model = await loadModel(referenceTargetFolder)
afterAll(() => model.target.close())

it("hands the engine the tenant with its weight, and whether drafts may learn, as the gateway's call has them", () => {
  const call = { ...exampleCall(model.id), tenant: 'ten_a', weight: 2.5, learn: false }
  expect(generationRequest(call, model, undefined)).toMatchObject({ tenant: 'ten_a', weight: 2.5, learn: false })
})

it('refuses a constraint where the addon is missing, and says so', async () => {
  const constraint = { param: 'structured_outputs.choice', source: { kind: 'choice' as const, choices: ['a'] } }
  await expect(compiledConstraint({ ...exampleCall(model.id), constraint }, undefined)).rejects.toMatchObject({
    code: 'structured_outputs_unavailable',
    param: 'structured_outputs.choice',
  })
  expect(await compiledConstraint(exampleCall(model.id), undefined)).toBeUndefined()
})
