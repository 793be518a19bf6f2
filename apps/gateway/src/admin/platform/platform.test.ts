import { announceProcess, recordUsage } from '@foretoken/db'
import {
  adminListSchema,
  auditListSchema,
  auditVerificationSchema,
  newAdminSchema,
  processListSchema,
  tenantUsageListSchema,
} from '@foretoken/protocol/admin'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectError } from '../../testing/errors.ts'
import { Managed } from '../../testing/managed.ts'

let managed: Managed
beforeAll(async () => {
  managed = await Managed.start()
})
afterAll(() => managed.close())

const read = async (path: string) => (await managed.ask('GET', path)).json()

describe('the platform', () => {
  it('tells of its processes', async () => {
    const worker = { id: 'wrk_1', role: 'worker', state: 'ready', url: null, host: 'h', pid: 1, details: {} } as const
    await announceProcess(managed.db, worker, { leaseMs: 60_000, news: false })
    expect(processListSchema.parse(await read('/processes')).data).toMatchObject([{ id: 'wrk_1', role: 'worker' }])
  })

  it('tells of usage by tenant, page by page, in a period', async () => {
    const at = new Date('2026-02-03T04:05:06.000Z')
    for (const name of ['a', 'b', 'c']) {
      const tenantId = await managed.tenant(name)
      const { id: keyId } = await managed.key(tenantId)
      const facts = { tenantId, keyId, model: 'm', endpoint: 'completions', status: 'completed' } as const
      const counts = { promptTokens: 5, cachedTokens: 2, completionTokens: 3, errorCode: null, stream: false }
      const usage = { ...facts, ...counts, startedAt: at, finishedAt: at, speculation: null }
      await recordUsage(managed.db, [{ ...usage, requestId: `req_${name}` }])
    }
    const period = 'from=2026-02-01T00:00:00Z&to=2026-03-01T00:00:00Z'
    const first = tenantUsageListSchema.parse(await read(`/usage?${period}&limit=2`))
    expect(first).toMatchObject({ has_more: true, data: [{ name: 'a', requests: 1, prompt_tokens: 5 }, { name: 'b' }] })
    const rest = tenantUsageListSchema.parse(await read(`/usage?${period}&after=${first.last_id}`))
    expect(rest).toMatchObject({ has_more: false, data: [{ name: 'c', completion_tokens: 3 }] })
    expect(tenantUsageListSchema.parse(await read('/usage')).data).toEqual([])
    const backwards = await managed.ask('GET', '/usage?from=2026-03-01T00:00:00Z&to=2026-02-01T00:00:00Z')
    await expectError(backwards, 400, 'invalid_value', 'from')
    await expectError(await managed.ask('GET', '/usage?from=yesterday'), 400, 'invalid_value', 'from')
  })
})

describe('the audit log', () => {
  it('is listed and verified, also against an end that was written down', async () => {
    const log = auditListSchema.parse(await read('/audit?limit=3'))
    expect(log).toMatchObject({ has_more: true, data: [{ object: 'audit_record' }, {}, {}] })
    const older = auditListSchema.parse(await read(`/audit?after=${log.last_id}`))
    expect(older.data[0]?.sequence).toBe((log.data[2]?.sequence ?? 0) - 1)
    const verify = async (body?: object) =>
      auditVerificationSchema.parse(await (await managed.ask('POST', '/audit/verify', body)).json())
    const { intact, head } = await verify()
    expect(intact).toBe(true)
    expect(await verify({ known: [head] })).toMatchObject({ intact: true })
    const wrong = { sequence: head?.sequence, hash: '0'.repeat(64) }
    expect(await verify({ known: [wrong] })).toMatchObject({ intact: false, head: null, broken_at: head?.sequence })
  })
})

describe("operators' credentials", () => {
  it('are made and revoked, the last owner excepted (409)', async () => {
    const made = newAdminSchema.parse(
      await (await managed.ask('POST', '/admins', { name: 'second', role: 'owner', expires_in_seconds: 60 })).json(),
    )
    const admins = adminListSchema.parse(await read('/admins')).data
    expect(JSON.stringify(admins)).not.toContain(made.secret.slice(8, -4))
    const first = admins.find(({ role, id }) => role === 'owner' && id !== made.id)
    expect((await managed.ask('DELETE', `/admins/${made.id}`)).status).toBe(200)
    await expectError(await managed.ask('DELETE', `/admins/${first?.id}`), 409, 'conflict')
    await expectError(await managed.ask('DELETE', `/admins/${made.id}`), 404, 'not_found')
    await expectError(await managed.ask('POST', '/admins', { name: 'x', role: 'king' }), 400, 'invalid_value', 'role')
  })
})
