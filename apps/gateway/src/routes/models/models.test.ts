import { modelListSchema, modelSchema } from '@foretoken/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectError } from '../../testing/errors.ts'
import { Harness } from '../../testing/harness.ts'

let gateway: Harness
beforeAll(async () => {
  gateway = await Harness.start({ workers: [{}, {}] })
})
afterAll(() => gateway.close())

describe('GET /v1/models', () => {
  it('answers 200 with each model once, however many workers serve it', async () => {
    const list = modelListSchema.parse(await (await gateway.fetch('/v1/models')).json())
    expect(list.data.map((model) => model.id)).toEqual(['scripted'])
    const ids: string[] = []
    for await (const model of gateway.client().models.list()) ids.push(model.id)
    expect(ids).toEqual(['scripted'])
  })

  it('answers 401 without a key', async () => {
    await expectError(await fetch(`${gateway.url}/v1/models`), 401, 'invalid_api_key')
  })

  it('answers 405 to other methods', async () => {
    await expectError(await gateway.post('/v1/models', {}), 405, 'method_not_supported')
  })
})

describe('GET /v1/models/{id}', () => {
  it('answers 200 with the model', async () => {
    const answer = await gateway.fetch('/v1/models/scripted')
    expect(modelSchema.parse(await answer.json())).toMatchObject({ id: 'scripted', max_model_len: 512 })
  })

  it('answers 404 to an unknown id, also to one with slashes', async () => {
    await expectError(await gateway.fetch('/v1/models/org/name'), 404, 'model_not_found', 'model')
    const failed = gateway.client().models.retrieve('org/name')
    await expect(failed).rejects.toMatchObject({ status: 404, code: 'model_not_found' })
  })

  it('answers 401 without a key and 405 to other methods', async () => {
    await expectError(await fetch(`${gateway.url}/v1/models/scripted`), 401, 'invalid_api_key')
    await expectError(await gateway.fetch('/v1/models/scripted', { method: 'DELETE' }), 405, 'method_not_supported')
  })
})

describe('any other path', () => {
  it.each(['/', '/v1', '/v1/embeddings', '/v1/chat/completions/x'])('%s answers 404 in the envelope', async (path) => {
    const error = await expectError(await gateway.fetch(path), 404, 'unknown_url')
    expect(error.message).toBe(`Invalid URL (GET ${path})`)
  })
})
