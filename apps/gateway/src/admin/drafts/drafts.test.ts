import { createCandidate, promoteDraft, recordAcceptance, recordDecisions } from '@foretoken/db'
import {
  decisionListSchema,
  draftListSchema,
  rollbackSchema,
  tenantSchema,
  trainingRunSchema,
} from '@foretoken/protocol/admin'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectError } from '../../testing/errors.ts'
import { Managed } from '../../testing/managed.ts'

let managed: Managed
let tenant: string
beforeAll(async () => {
  managed = await Managed.start()
  tenant = await managed.tenant('acme')
  for (const id of ['adp_1', 'adp_2']) {
    await createCandidate(managed.db, { id, tenantId: tenant, contentHash: '00', artifactUri: `adapters/${id}` })
    await promoteDraft(managed.db, tenant, id, 'better')
  }
  const arm = { arm: 'adaptive', draftVersion: 'adp_2', steps: 10, committedTokens: 35, proposed: [10], accepted: [9] }
  await recordAcceptance(managed.db, { id: 'b', entries: [{ tenantId: tenant, at: new Date(), arms: [arm] }] })
})
afterAll(() => managed.close())

const drafts = async () =>
  draftListSchema.parse(await (await managed.ask('GET', `/tenants/${tenant}/drafts`)).json()).data

describe('drafts', () => {
  it('are listed, newest first, with how well they drafted', async () => {
    expect(await drafts()).toMatchObject([
      { id: 'adp_2', state: 'live', acceptance: { steps: 10, acceptance_length: 3.5, acceptance_rate: 0.9 } },
      { id: 'adp_1', state: 'retired', acceptance: { steps: 0, acceptance_length: null, acceptance_rate: null } },
    ])
  })

  it('are rolled back until none is left (409)', async () => {
    const rollback = () => managed.ask('POST', `/tenants/${tenant}/drafts/rollback`)
    expect(rollbackSchema.parse(await (await rollback()).json())).toMatchObject({ rejected: 'adp_2', live: 'adp_1' })
    expect(rollbackSchema.parse(await (await rollback()).json())).toMatchObject({ rejected: 'adp_1', live: null })
    await expectError(await rollback(), 409, 'conflict')
    expect((await drafts())[0]).toMatchObject({ state: 'rejected', reason: 'Rolled back by owner.' })
  })

  it('are trained by order, once at a time', async () => {
    const train = async () => {
      const answer = await managed.ask('POST', `/tenants/${tenant}/drafts/train`)
      expect(answer.status).toBe(201)
      return trainingRunSchema.parse(await answer.json())
    }
    const run = await train()
    expect(run).toMatchObject({ state: 'queued', tenant })
    expect((await train()).id).toBe(run.id)
    const resting = await managed.tenant('resting')
    await managed.ask('PATCH', `/tenants/${resting}`, { status: 'disabled' })
    await expectError(await managed.ask('POST', `/tenants/${resting}/drafts/train`), 409, 'conflict')
  })

  it('are held', async () => {
    const answer = await managed.ask('POST', `/tenants/${tenant}/drafts/hold`, { held: true })
    expect(tenantSchema.parse(await answer.json()).held).toBe(true)
  })

  it('are explained', async () => {
    const decision = { topic: 'training', kind: 'train', changes: true, value: 12.5, reason: 'Worth it.' }
    const figures = { inputs: { tokens: 3 }, alternatives: [{ kind: 'wait', value: 0 }] }
    await recordDecisions(managed.db, [{ tenantId: tenant, ...decision, ...figures }])
    const { data } = decisionListSchema.parse(await (await managed.ask('GET', `/tenants/${tenant}/decisions`)).json())
    expect(data).toMatchObject([{ kind: 'train', value: 12.5, inputs: { tokens: 3 }, reason: 'Worth it.' }])
  })

  it.each(['drafts', 'decisions'])('of nobody: 404 (%s)', async (what) => {
    await expectError(await managed.ask('GET', `/tenants/ten_none/${what}`), 404, 'not_found')
  })
})
