import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createApp } from '../app.ts'
import { Managed } from '../testing/managed.ts'
import { openApiDocument } from './document.ts'

let managed: Managed
beforeAll(async () => {
  managed = await Managed.start()
})
afterAll(() => managed.close())

/** Of those who run the platform, or about the document itself. */
const UNDOCUMENTED = ['get /metrics', 'get /openapi.json', 'get /docs']

describe('the OpenAPI document', () => {
  it('has every route of the gateway, and no other', () => {
    const documented = Object.entries(openApiDocument().paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    )
    const routes = createApp(managed.gateway.services).routes.flatMap(({ method, path }) => {
      const name = path.replaceAll(/:(\w+)(\{[^}]*\})?/g, '{$1}').replace('/v1/models/{id}', '/v1/models/{model}')
      return method === 'ALL' ? [] : [`${method.toLowerCase()} ${name}`]
    })
    expect([...documented, ...UNDOCUMENTED].sort()).toEqual([...new Set(routes)].sort())
  })

  it('names each operation once, and every schema that it refers to', () => {
    const document = openApiDocument()
    const names = Object.values(document.paths).flatMap((methods) =>
      Object.values(methods).map((each) => each.operationId),
    )
    expect(new Set(names).size).toBe(names.length)
    const references = JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g)
    for (const [, name = ''] of references) expect(document.components.schemas).toHaveProperty(name)
  })

  it('tells which parameters there are, and which values', () => {
    const { CreateChatCompletionRequest: request } = openApiDocument().components.schemas
    expect(request).toMatchObject({
      required: ['model', 'messages'],
      additionalProperties: false,
      properties: { temperature: { anyOf: [{ type: 'number', minimum: 0, maximum: 2 }, { type: 'null' }] } },
    })
  })

  it('is served to everybody', async () => {
    const answer = await fetch(`${managed.url}/openapi.json`)
    expect(answer.headers.get('content-type')).toBe('application/json')
    expect(await answer.json()).toEqual(JSON.parse(JSON.stringify(openApiDocument())))
  })
})

describe('the page of it', () => {
  it('shows every operation, and could fetch nothing if it wanted to', async () => {
    const answer = await fetch(`${managed.url}/docs`)
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'")
    const page = await answer.text()
    for (const path of Object.keys(openApiDocument().paths)) expect(page).toContain(`<code>${path}</code>`)
    expect(page).not.toMatch(/<script|<img|<link|<iframe|url\(|@import|https?:\/\//)
  })
})
