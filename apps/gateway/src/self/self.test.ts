import {
  createCandidate,
  findTenant,
  type KeyScope,
  listAudit,
  promoteDraft,
  recordAcceptance,
  recordUsage,
  registerTarget,
} from '@foretoken/db'
import { deletionSchema, draftListSchema } from '@foretoken/protocol/admin'
import { acceptanceInTimeSchema, ownTenantSchema, ownUsageSchema } from '@foretoken/protocol/self'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectError } from '../testing/errors.ts'
import { Managed } from '../testing/managed.ts'
import { SELF_OPERATIONS } from './operations.ts'

const day = (date: number) => new Date(Date.UTC(2026, 1, date, 12, 34))
const PERIOD = 'from=2026-02-01T00:00:00Z&to=2026-02-08T00:00:00Z'

let managed: Managed
let tenant: string
let other: string
let reader: { id: string; secret: string }
let manager: { id: string; secret: string }
beforeAll(async () => {
  managed = await Managed.start()
  const { db } = managed
  ;[tenant, other] = [await managed.tenant('acme'), await managed.tenant('other')]
  ;[reader, manager] = [await managed.key(tenant, ['usage:read']), await managed.key(tenant, ['speculator:manage'])]
  const { id: targetId } = await registerTarget(db, { name: 'm', fingerprint: 'f1', form: 'form' })
  const arm = (steps: number) => {
    return {
      arm: 'adaptive',
      draftVersion: 'adp_1',
      steps,
      committedTokens: 3 * steps,
      proposed: [4, 4],
      accepted: [4, 2],
    }
  }
  for (const [at, tenantId] of [tenant, other].entries()) {
    const id = `adp_${at + 1}`
    await createCandidate(db, { id, tenantId, targetId, contentHash: '00', artifactUri: `adapters/${id}` })
    await promoteDraft(db, tenantId, id, 'better')
    const entries = [2, 2, 4].map((date) => ({ tenantId, at: day(date), arms: [arm(10 * (at + 1))] }))
    await recordAcceptance(db, { id, targetId, entries })
    const { id: keyId } = await managed.key(tenantId)
    const facts = { tenantId, keyId, model: 'm', endpoint: 'completions', status: 'completed' } as const
    const counts = { promptTokens: 5 * (at + 1), cachedTokens: 2, completionTokens: 3, errorCode: null, stream: false }
    const times = { startedAt: day(2), finishedAt: day(2) }
    await recordUsage(db, [{ ...facts, ...counts, ...times, speculation: null, requestId: `req_${at}` }])
  }
})
afterAll(() => managed.close())

const ask = (secret: string, method: string, path: string, body?: unknown) =>
  managed.call(secret, method, `/v1/foretoken${path}`, body)
const read = async (path: string) => (await ask(reader.secret, 'GET', path)).json()

describe('a tenant with its own key', () => {
  it('reads its usage, and of nobody else', async () => {
    const usage = ownUsageSchema.parse(await read(`/usage?${PERIOD}`))
    expect(usage).toMatchObject({ requests: 1, prompt_tokens: 5, cached_tokens: 2, completion_tokens: 3 })
    expect(ownUsageSchema.parse(await read('/usage')).requests).toBe(0)
  })

  it('reads how well each arm and version drafted, over time', async () => {
    const { data } = acceptanceInTimeSchema.parse(await read(`/acceptance?${PERIOD}`))
    expect(data.map(({ start }) => start)).toEqual(['2026-02-02T00:00:00.000Z', '2026-02-04T00:00:00.000Z'])
    expect(data[0]?.arms).toEqual([
      {
        target: { model: 'm', fingerprint: 'f1' },
        ...{ arm: 'adaptive', draft_version: 'adp_1', steps: 20, acceptance_length: 3, acceptance_rate: 0.75 },
        ...{ committed_tokens: 60, draft_tokens: 16, accepted_tokens: 12 },
      },
    ])
    const hours = acceptanceInTimeSchema.parse(await read(`/acceptance?${PERIOD}&bucket_width=1h`))
    expect(hours.data[0]?.start).toBe('2026-02-02T12:00:00.000Z')
  })

  it.each([
    ['bucket_width=5m', 'bucket_width'],
    ['from=2020-01-01T00:00:00Z&bucket_width=1h', 'bucket_width'],
    ['from=then', 'from'],
  ])('is told what is wrong with ?%s (400)', async (query, param) => {
    await expectError(await ask(reader.secret, 'GET', `/acceptance?${query}`), 400, 'invalid_value', param)
  })

  it('reads the versions of its draft', async () => {
    const { data } = draftListSchema.parse(await read('/drafts'))
    expect(data).toMatchObject([{ id: 'adp_1', target: { model: 'm' }, state: 'live', acceptance: { steps: 30 } }])
  })

  it('opts out of learning and in again, on record as its key', async () => {
    const set = async (learning: boolean) =>
      ownTenantSchema.parse(await (await ask(manager.secret, 'PATCH', '/tenant', { learning })).json())
    expect(await set(false)).toMatchObject({ id: tenant, name: 'acme', learning: false })
    expect((await findTenant(managed.db, tenant))?.learning).toBe(false)
    const [record] = await listAudit(managed.db, { recordsMax: 1 })
    expect(record).toMatchObject({ action: 'tenant.changed', actorKind: 'tenant', actorId: manager.id })
    expect(await set(true)).toMatchObject({ learning: true })
    await expectError(await ask(manager.secret, 'PATCH', '/tenant', {}), 400, 'missing_required_parameter', 'learning')
    await expectError(
      await ask(manager.secret, 'PATCH', '/tenant', { learning: true, weight: 9 }),
      400,
      'unknown_parameter',
      'weight',
    )
  })

  it('deletes what was learned from it, and nothing of anybody else', async () => {
    const deletion = deletionSchema.parse(await (await ask(manager.secret, 'DELETE', '/learned')).json())
    expect(deletion).toMatchObject({ tenant, drafts: 1 })
    expect(draftListSchema.parse(await read('/drafts')).data[0]?.state).toBe('rejected')
    expect(ownTenantSchema.parse(await read('/tenant')).forgotten_at).toBe(deletion.forgotten_at)
    expect((await findTenant(managed.db, other))?.forgottenAt).toBeNull()
  })

  it.each(SELF_OPERATIONS)('needs $access for $method $path (401, 403)', async ({ method, path, access }) => {
    await expectError(await ask('ftk_wrong', method.toUpperCase(), path), 401, 'invalid_api_key')
    const lacking = (['inference', 'usage:read', 'speculator:manage'] satisfies KeyScope[]).filter(
      (each) => each !== access,
    )
    const { secret } = await managed.key(other, lacking)
    const error = await expectError(await ask(secret, method.toUpperCase(), path), 403, 'missing_scope')
    expect(error.message).toContain(access)
  })
})
