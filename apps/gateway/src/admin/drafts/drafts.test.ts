import { createCandidate, promoteDraft, recordAcceptance, recordDecisions, registerTarget } from '@foretoken/db'
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
let targetId: string
const target = { model: 'm', fingerprint: 'f1' }
beforeAll(async () => {
  managed = await Managed.start()
  tenant = await managed.tenant('acme')
  ;({ id: targetId } = await registerTarget(managed.db, { name: 'm', fingerprint: 'f1', form: 'form' }))
  for (const id of ['adp_1', 'adp_2']) {
    const artifactUri = `adapters/${id}`
    await createCandidate(managed.db, { id, tenantId: tenant, targetId, contentHash: '00', artifactUri })
    await promoteDraft(managed.db, tenant, id, 'better')
  }
  const arm = { arm: 'adaptive', draftVersion: 'adp_2', steps: 10, committedTokens: 35, proposed: [10], accepted: [9] }
  await recordAcceptance(managed.db, {
    id: 'b',
    targetId,
    entries: [{ tenantId: tenant, at: new Date(), arms: [arm] }],
  })
})
afterAll(() => managed.close())

const drafts = async () =>
  draftListSchema.parse(await (await managed.ask('GET', `/tenants/${tenant}/drafts`)).json()).data

describe('drafts', () => {
  it('are listed, newest first, with how well they drafted', async () => {
    expect(await drafts()).toMatchObject([
      { id: 'adp_2', target, state: 'live', acceptance: { steps: 10, acceptance_length: 3.5, acceptance_rate: 0.9 } },
      { id: 'adp_1', state: 'retired', acceptance: { steps: 0, acceptance_length: null, acceptance_rate: null } },
    ])
  })

  it('are rolled back until none is left (409)', async () => {
    const rollback = () => managed.ask('POST', `/tenants/${tenant}/drafts/rollback`)
    expect(rollbackSchema.parse(await (await rollback()).json())).toMatchObject({
      ...{ target, rejected: 'adp_2', live: 'adp_1' },
    })
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
    expect(run).toMatchObject({ state: 'queued', tenant, target })
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
    await recordDecisions(managed.db, [{ tenantId: tenant, targetId, ...decision, ...figures }])
    const { data } = decisionListSchema.parse(await (await managed.ask('GET', `/tenants/${tenant}/decisions`)).json())
    expect(data).toMatchObject([{ target, kind: 'train', value: 12.5, inputs: { tokens: 3 }, reason: 'Worth it.' }])
  })

  it.each(['train', 'rollback'])(
    'are of the model that is named, where several are served (400, 404: %s)',
    async (what) => {
      const { db } = managed
      const other = await registerTarget(db, { name: 'n', fingerprint: 'f2', form: 'form' })
      const artifactUri = `adapters/${what}`
      await createCandidate(db, { id: what, tenantId: tenant, targetId: other.id, contentHash: '00', artifactUri })
      await promoteDraft(db, tenant, what, 'better')
      const order = (body?: object) => managed.ask('POST', `/tenants/${tenant}/drafts/${what}`, body)
      await expectError(await order(), 400, 'missing_required_parameter', 'model')
      await expectError(await order({ model: 'unheard-of' }), 404, 'model_not_found', 'model')
      expect(await (await order({ model: 'n' })).json()).toMatchObject({ target: { model: 'n', fingerprint: 'f2' } })
    },
  )

  it.each(['drafts', 'decisions'])('of nobody: 404 (%s)', async (what) => {
    await expectError(await managed.ask('GET', `/tenants/ten_none/${what}`), 404, 'not_found')
  })
})
