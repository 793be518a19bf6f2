import { keyListSchema, newKeySchema, rotationSchema } from '@foretoken/protocol/admin'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectError } from '../../testing/errors.ts'
import { Managed } from '../../testing/managed.ts'

let managed: Managed
let tenant: string
beforeAll(async () => {
  managed = await Managed.start()
  tenant = await managed.tenant('acme')
})
afterAll(() => managed.close())

const make = async (body: object) =>
  newKeySchema.parse(await (await managed.ask('POST', `/tenants/${tenant}/keys`, body)).json())
const opens = async (secret: string) => (await managed.call(secret, 'GET', '/v1/models')).status === 200

describe('keys', () => {
  it('are made with what they may do, open it, and show their secret once', async () => {
    const made = await make({ name: 'app', scopes: ['inference', 'usage:read'], expires_in_seconds: 3_600 })
    expect(await opens(made.secret)).toBe(true)
    const text = await (await managed.ask('GET', `/tenants/${tenant}/keys`)).text()
    expect(text).not.toContain(made.secret.slice(8, -4))
    const { secret: _, ...shown } = made
    expect(keyListSchema.parse(JSON.parse(text)).data[0]).toMatchObject({ ...shown, last_used_at: null })
  })

  it('hand over to another', async () => {
    const old = await make({ name: 'app' })
    const answer = await managed.ask('POST', `/tenants/${tenant}/keys/${old.id}/rotate`, { overlap_seconds: 60 })
    expect(answer.status).toBe(201)
    const rotation = rotationSchema.parse(await answer.json())
    expect(rotation.made).toMatchObject({ replaces: old.id, name: 'app' })
    expect(rotation.old.expires_at).not.toBeNull()
    expect([await opens(old.secret), await opens(rotation.made.secret)]).toEqual([true, true])
    await managed.ask('POST', `/tenants/${tenant}/keys/${rotation.made.id}/rotate`, { overlap_seconds: 0 })
    expect(await opens(rotation.made.secret)).toBe(false)
  })

  it('are revoked, once, and only for their own tenant', async () => {
    const made = await make({ name: 'short' })
    const other = await managed.tenant('other')
    await expectError(await managed.ask('DELETE', `/tenants/${other}/keys/${made.id}`), 404, 'not_found')
    expect(await opens(made.secret)).toBe(true)
    expect((await managed.ask('DELETE', `/tenants/${tenant}/keys/${made.id}`)).status).toBe(200)
    expect(await opens(made.secret)).toBe(false)
    await expectError(await managed.ask('DELETE', `/tenants/${tenant}/keys/${made.id}`), 404, 'not_found')
    await expectError(await managed.ask('POST', `/tenants/${tenant}/keys/${made.id}/rotate`), 404, 'not_found')
  })

  it('are not made for a tenant that is not active (409) or not there (404)', async () => {
    const id = await managed.tenant('resting')
    await managed.ask('PATCH', `/tenants/${id}`, { status: 'disabled' })
    await expectError(await managed.ask('POST', `/tenants/${id}/keys`, { name: 'k' }), 409, 'conflict')
    await expectError(await managed.ask('POST', '/tenants/ten_none/keys', { name: 'k' }), 404, 'not_found')
  })

  it.each([
    [{ name: '' }, 'invalid_value', 'name'],
    [{ name: 'a\nb' }, 'invalid_value', 'name'],
    [{ name: 'k', scopes: [] }, 'invalid_value', 'scopes'],
    [{ name: 'k', scopes: ['admin'] }, 'invalid_value', 'scopes[0]'],
    [{ name: 'k', expires_in_seconds: 0 }, 'invalid_value', 'expires_in_seconds'],
    [{ name: 'k', tenant: 'ten_b' }, 'unknown_parameter', 'tenant'],
  ])('refuse %j (400)', async (body, code, param) => {
    await expectError(await managed.ask('POST', `/tenants/${tenant}/keys`, body), 400, code, param)
  })
})
