import { loadModel } from '@foretoken/model'
import { exampleCall } from '@foretoken/protocol/testing'
import { referenceTargetFolder } from '@foretoken/reference-target'
import { readToolTemplate } from '@foretoken/tool-calls'
import { afterAll, expect, it } from 'vitest'
import { generationRequest } from './request.ts'

const model = await loadModel(referenceTargetFolder)
const tools = readToolTemplate((...chat) => model.tokenizer.renderChat(...chat))
afterAll(() => model.target.close())

it("hands the engine the tenant with its weight, and whether drafts may learn, as the gateway's call has them", () => {
  const call = { ...exampleCall(model.id), tenant: 'ten_a', weight: 2.5, learn: false }
  expect(generationRequest(call, { model, tools })).toMatchObject({ tenant: 'ten_a', weight: 2.5, learn: false })
})
