import { ADMIN_ROLES, revokeAdminKey } from '@foretoken/db'
import { newAdminSchema, selfSchema } from '@foretoken/protocol/admin'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectError } from '../testing/errors.ts'
import { Harness } from '../testing/harness.ts'
import { Managed } from '../testing/managed.ts'
import { ADMIN_OPERATIONS } from './index.ts'
import { mayDo } from './permissions.ts'

let managed: Managed
beforeAll(async () => {
  managed = await Managed.start()
})
afterAll(() => managed.close())

/** Paths with ids that nobody has. */
const operations = ADMIN_OPERATIONS.map(({ method, path, access, name }) => ({
  ...{ name, access, method: method.toUpperCase() },
  path: path.replace('{tenant}', 'ten_none').replace('{key}', 'key_none').replace('{admin}', 'adm_none'),
}))

describe('/admin/v1', () => {
  it.each(operations)('$name lets in whom the matrix names, and tells others what they lack', async (operation) => {
    for (const role of ADMIN_ROLES) {
      const answer = await managed.ask(operation.method, operation.path, undefined, role)
      if (mayDo(role, operation.access)) expect(answer.status).not.toBe(403)
      else expect((await expectError(answer, 403, 'role_forbidden')).message).toContain(operation.access)
    }
  })

  it.each(operations)("$name is closed to a tenant's key, and to no key", async ({ method, path }) => {
    const { secret } = await managed.key(await managed.tenant(`of-${method}-${path.replaceAll('/', '.')}`))
    await expectError(await managed.call(secret, method, `/admin/v1${path}`), 401, 'invalid_admin_key')
    const bare = await fetch(`${managed.url}/admin/v1${path}`, { method })
    expect(bare.headers.get('www-authenticate')).toBe('Bearer')
    await expectError(bare, 401, 'invalid_admin_key')
  })

  it('says who asks, and what they may do', async () => {
    const self = selfSchema.parse(await (await managed.ask('GET', '/self', undefined, 'billing')).json())
    expect(self).toMatchObject({ role: 'billing', permissions: ['tenants:read', 'usage:read'] })
  })

  it("opens no door with an operator's credential where tenants come in", async () => {
    await expectError(await managed.call(managed.secrets.owner, 'GET', '/v1/models'), 401, 'invalid_api_key')
  })

  it('knows a credential no more, once it was revoked', async () => {
    const answer = await managed.ask('POST', '/admins', { name: 'short', role: 'viewer' })
    const made = newAdminSchema.parse(await answer.json())
    expect((await managed.call(made.secret, 'GET', '/admin/v1/self')).status).toBe(200)
    await revokeAdminKey(managed.db, made.id)
    await expectError(await managed.call(made.secret, 'GET', '/admin/v1/self'), 401, 'invalid_admin_key')
  })

  it('answers 405 to other methods and names the right ones, 413 to what is too large, 404 elsewhere', async () => {
    const wrong = await managed.ask('PUT', '/tenants')
    expect(wrong.headers.get('allow')).toBe('GET, POST')
    await expectError(wrong, 405, 'method_not_supported')
    const large = { name: 'x'.repeat(100_000) }
    await expectError(await managed.ask('POST', '/tenants', large), 413, 'request_too_large')
    await expectError(await managed.ask('GET', '/nothing'), 404, 'unknown_url')
  })

  it('is not there where a gateway serves inference alone', async () => {
    const gateway = await Harness.start()
    await expectError(await gateway.fetch('/admin/v1/tenants'), 404, 'unknown_url')
    await gateway.close()
  })

  it('makes an address wait that tries one credential after the other', async () => {
    const fresh = await Managed.start({ limits: { adminAttemptsMax: 3 } })
    expect((await fresh.ask('GET', '/self')).status).toBe(200)
    const statuses = []
    for (let attempt = 0; attempt < 5; attempt++) {
      statuses.push((await fresh.call('fta_wrong', 'GET', '/admin/v1/self')).status)
    }
    expect(statuses).toEqual([401, 401, 401, 429, 429])
    await expectError(await fresh.ask('GET', '/self'), 429, 'too_many_attempts')
    await fresh.close()
  })
})
