import { listAudit } from '@foretoken/db'
import { deletionSchema, tenantListSchema, tenantSchema } from '@foretoken/protocol/admin'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectError } from '../../testing/errors.ts'
import { Managed } from '../../testing/managed.ts'

let managed: Managed
beforeAll(async () => {
  managed = await Managed.start()
})
afterAll(() => managed.close())

const list = async (query: string) =>
  tenantListSchema.parse(await (await managed.ask('GET', `/tenants${query}`)).json())

describe('tenants', () => {
  it('are made (201), read and changed (200), each change on record with who and for which request', async () => {
    const answer = await managed.ask('POST', '/tenants', { name: 'acme' })
    expect(answer.status).toBe(201)
    const tenant = tenantSchema.parse(await answer.json())
    expect(tenantSchema.parse(await (await managed.ask('GET', `/tenants/${tenant.id}`)).json())).toEqual(tenant)
    const wish = { plan: 'gold', weight: 2.5, held: true, learning: false, status: 'disabled' }
    const changed = await managed.ask('PATCH', `/tenants/${tenant.id}`, wish)
    expect(tenantSchema.parse(await changed.json())).toEqual({ ...tenant, ...wish })
    const [record] = await listAudit(managed.db, { recordsMax: 1 })
    expect(record).toMatchObject({
      ...{ action: 'tenant.disabled', actorKind: 'admin', subjectId: tenant.id },
      requestId: changed.headers.get('x-foretoken-request-id'),
    })
  })

  it('have names of their own (409), which can be names (400)', async () => {
    await managed.tenant('taken')
    await expectError(await managed.ask('POST', '/tenants', { name: 'taken' }), 409, 'conflict', 'name')
    for (const name of ['', 'ten_x', 'a b', 'x'.repeat(64), 'a\u0000']) {
      await expectError(await managed.ask('POST', '/tenants', { name }), 400, 'invalid_value', 'name')
    }
    await expectError(await managed.ask('POST', '/tenants', {}), 400, 'missing_required_parameter', 'name')
    await expectError(await managed.ask('POST', '/tenants'), 400, 'missing_required_parameter', 'name')
  })

  it.each([
    [{ weight: 0 }, 'invalid_value', 'weight'],
    [{ status: 'deleted' }, 'invalid_value', 'status'],
    [{ learning: 'yes' }, 'invalid_type', 'learning'],
    [{ name: 'other' }, 'unknown_parameter', 'name'],
  ])('refuse the change %j (400)', async (change, code, param) => {
    const id = await managed.tenant(`unchanged-${param}`)
    await expectError(await managed.ask('PATCH', `/tenants/${id}`, change), 400, code, param)
  })

  it('are listed page by page, and found by a part of their name', async () => {
    for (let at = 0; at < 5; at++) await managed.tenant(`page-${at}`)
    const first = await list('?search=page-&limit=2')
    expect(first).toMatchObject({ has_more: true, data: [{ name: 'page-0' }, { name: 'page-1' }] })
    const rest = await list(`?search=page-&after=${first.last_id}`)
    expect(rest).toMatchObject({ has_more: false, data: [{ name: 'page-2' }, { name: 'page-3' }, { name: 'page-4' }] })
    expect(await list('?search=nobody')).toMatchObject({ data: [], first_id: null, last_id: null, has_more: false })
    for (const query of ['?limit=0', '?limit=many', '?after=x', '?search=%00', '?other=1']) {
      expect((await managed.ask('GET', `/tenants${query}`)).status).toBe(400)
    }
  })

  it('are deleted with their keys, once', async () => {
    const id = await managed.tenant('gone')
    const { secret } = await managed.key(id)
    expect((await managed.call(secret, 'GET', '/v1/models')).status).toBe(200)
    deletionSchema.parse(await (await managed.ask('DELETE', `/tenants/${id}`)).json())
    expect((await managed.call(secret, 'GET', '/v1/models')).status).toBe(401)
    await expectError(await managed.ask('DELETE', `/tenants/${id}`), 404, 'not_found')
    await expectError(await managed.ask('PATCH', `/tenants/${id}`, { weight: 2 }), 404, 'not_found')
    expect(await (await managed.ask('GET', `/tenants/${id}`)).json()).toMatchObject({ status: 'deleted' })
  })

  it('are forgotten and stay', async () => {
    const id = await managed.tenant('forgotten')
    deletionSchema.parse(await (await managed.ask('DELETE', `/tenants/${id}/learned`)).json())
    const tenant = await (await managed.ask('GET', `/tenants/${id}`)).json()
    expect(tenant).toMatchObject({ status: 'active', forgotten_at: expect.any(String) })
  })

  it.each(['ten_none', 'nothing', '%00', '..%2f', `ten_${'x'.repeat(100)}`])('404: %s', async (id) => {
    await expectError(await managed.ask('GET', `/tenants/${id}`), 404, 'not_found')
  })
})
