import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { actingAs, type Database, openDatabase } from '../database.ts'
import { createApiKey, listApiKeys, revokeApiKey, rotateApiKey } from '../keys/keys.ts'
import { deleteTenant, forgetTenant } from '../queries/forget.ts'
import { createCandidate, promoteDraft, rollBackDraft } from '../queries/promotion.ts'
import { registerTarget } from '../queries/targets.ts'
import { changeTenant, createTenant, findTenantByName } from '../queries/tenants.ts'
import { orderTrainingRun } from '../queries/training-runs.ts'
import { temporaryDatabase } from '../testing.ts'
import { audited } from './audited.ts'
import { type AuditRecord, GENESIS, hashOf, verifyChain } from './chain.ts'
import { auditRecords, listAudit, verifyAudit } from './log.ts'

const pepper = Buffer.from('a pepper for tests')
let db: Database
let drop: () => Promise<void>
beforeAll(async () => {
  const temporary = await temporaryDatabase()
  db = openDatabase(temporary.url)
  drop = temporary.drop
})
afterAll(() => db.close().then(drop))

async function all(): Promise<AuditRecord[]> {
  const records: AuditRecord[] = []
  for await (const record of auditRecords(db, 3)) records.push(record)
  return records
}

let names = 0
async function tenant(of = db): Promise<string> {
  const created = await createTenant(of, `tenant-${++names}`)
  if (!created.ok) throw new Error('name taken')
  return created.tenant.id
}

describe('the audit log', () => {
  it('has a row of everything that is done to tenants, keys and drafts, by whom and for which request', async () => {
    const root = actingAs(db, { kind: 'cli', id: 'root', requestId: 'req_1' })
    const tenantId = await tenant(root)
    const key = await createApiKey(root, pepper, { tenantId, name: 'k' })
    const rotation = await rotateApiKey(root, pepper, { tenantId, keyId: key.id, overlapMs: 1_000 })
    await revokeApiKey(root, { tenantId, keyId: key.id })
    await changeTenant(root, tenantId, { weight: 2, plan: 'gold' })
    await changeTenant(root, tenantId, { status: 'disabled' })
    await changeTenant(root, tenantId, { status: 'active', weight: 2 })
    const { id: targetId } = await registerTarget(db, { name: 'm', fingerprint: 'f1', form: 'form' })
    await orderTrainingRun(root, { tenantId, targetId }, 'ordered')
    await createCandidate(root, { id: 'adp_a', tenantId, targetId, contentHash: '00', artifactUri: 'adapters/a' })
    await promoteDraft(root, tenantId, 'adp_a', 'better')
    await rollBackDraft(root, { tenantId, targetId }, 'By hand.')
    await forgetTenant(root, tenantId)
    await deleteTenant(root, tenantId)
    const log = (await listAudit(db, { tenantId, recordsMax: 100 })).reverse()
    expect(log.map(({ action }) => action)).toEqual([
      ...['tenant.created', 'key.created', 'key.rotated', 'key.created', 'key.revoked', 'tenant.changed'],
      ...['tenant.disabled', 'tenant.enabled', 'training.ordered', 'draft.rolled_back', 'tenant.forgotten'],
      'tenant.deleted',
    ])
    for (const { actorKind, actorId, requestId } of log) {
      expect([actorKind, actorId, requestId]).toEqual(['cli', 'root', 'req_1'])
    }
    expect(log[5]).toMatchObject({ before: { weight: 1, plan: 'standard' }, after: { weight: 2, plan: 'gold' } })
    expect(log[7]).toMatchObject({ before: { status: 'disabled' }, after: { status: 'active' } })
    expect(log[8]).toMatchObject({ after: { target: targetId, state: 'queued' } })
    expect(log[9]).toMatchObject({ subjectId: 'adp_a', before: { target: targetId, live: 'adp_a' } })
    const secrets = [key.secret, rotation?.made.secret ?? '']
    for (const secret of secrets) expect(JSON.stringify(log)).not.toContain(secret.slice(8, -4))
  })

  it('has no row of what changed nothing', async () => {
    const tenantId = await tenant()
    const before = (await all()).length
    await changeTenant(db, tenantId, { weight: 1, learning: true })
    await changeTenant(db, 'ten_nobody', { weight: 2 })
    await createTenant(db, `tenant-${names}`)
    await revokeApiKey(db, { tenantId, keyId: 'key_none' })
    const { id: targetId } = await registerTarget(db, { name: 'm', fingerprint: 'f1', form: 'form' })
    await rollBackDraft(db, { tenantId, targetId }, 'Nothing there.')
    await orderTrainingRun(db, { tenantId, targetId }, 'tokens')
    expect(await all()).toHaveLength(before)
  })

  it('and what it tells of are there together, or neither is', async () => {
    const before = (await all()).length
    const failing = audited(db, 'fail', async (tx, note) => {
      await tx.execute("insert into tenants (id, name) values ('ten_half', 'half-made')")
      note({ action: 'tenant.created', subjectId: 'ten_half', tenantId: 'ten_half' })
      throw new Error('then something broke')
    })
    await expect(failing).rejects.toThrow('fail')
    expect(await findTenantByName(db, 'half-made')).toBeNull()
    expect(await all()).toHaveLength(before)
    await db.pool.query('alter table audit_log rename to audit_log_away')
    await expect(createTenant(db, 'unwitnessed')).rejects.toMatchObject({ operation: 'create tenant' })
    await db.pool.query('alter table audit_log_away rename to audit_log')
    expect(await findTenantByName(db, 'unwitnessed')).toBeNull()
  })

  it('stays one chain when many write at once', async () => {
    const tenantId = await tenant()
    await Promise.all(Array.from({ length: 20 }, (_, at) => createApiKey(db, pepper, { tenantId, name: `k${at}` })))
    expect(await listApiKeys(db, tenantId)).toHaveLength(20)
    const records = await all()
    expect(records.map(({ sequence }) => sequence)).toEqual(records.map((_, at) => at + 1))
    const { intact, ...found } = await verifyAudit(db)
    expect(intact).toBe(true)
    expect(found).toMatchObject({ head: { sequence: records.length } })
  })

  it.each([
    "update audit_log set actor_id = 'nobody'",
    'delete from audit_log',
    'truncate audit_log',
    'delete from audit_head',
  ])('refuses: %s', async (statement) => {
    await expect(db.pool.query(statement)).rejects.toThrow(/is refused/)
  })
})

describe('somebody who gets past the triggers is found out when', () => {
  /** Runs a statement with triggers off, checks the log, and puts everything back. */
  async function tamper(statement: string) {
    await db.pool.query(`create table kept as table audit_log; create table kept_head as table audit_head;
      alter table audit_log disable trigger all; alter table audit_head disable trigger all; ${statement}`)
    const found = await verifyAudit(db)
    await db.pool.query(`delete from audit_log; insert into audit_log table kept; delete from audit_head;
      insert into audit_head table kept_head; drop table kept; drop table kept_head;
      alter table audit_log enable trigger all; alter table audit_head enable trigger all`)
    expect(await verifyAudit(db)).toMatchObject({ intact: true })
    return found
  }

  it.each([
    ['one row is changed', "update audit_log set after = '{}' where sequence = 4", 4],
    ['a time is changed', "update audit_log set at = at + interval '1 ms' where sequence = 2", 2],
    ['a row is taken out', 'delete from audit_log where sequence = 3', 3],
    ['the first row is taken out', 'delete from audit_log where sequence = 1', 1],
    [
      'rows are moved',
      'update audit_log set sequence = case sequence when 2 then 90002 else 2 end where sequence in (2)',
      2,
    ],
    ['all is gone', 'truncate audit_log', 1],
    ['the note of the end is gone', 'delete from audit_head', 0],
  ])('%s', async (_, statement, sequence) => {
    expect(await tamper(statement)).toMatchObject({ intact: false, sequence })
  })

  it('the newest row is taken out', async () => {
    const { length } = await all()
    const found = await tamper('delete from audit_log where sequence = (select max(sequence) from audit_log)')
    expect(found).toMatchObject({ intact: false, sequence: length })
  })
})

describe('the chain', () => {
  const word = fc.string({ maxLength: 8, unit: 'grapheme' })
  const content = fc.record({
    at: fc.date({ min: new Date(0), max: new Date(2e12), noInvalidDate: true }),
    actorKind: fc.constantFrom('admin' as const, 'cli' as const),
    actorId: word,
    action: word,
    subjectId: word,
    tenantId: fc.option(word),
    before: fc.option(fc.dictionary(word, fc.jsonValue())),
    after: fc.option(fc.dictionary(word, fc.jsonValue())),
    requestId: fc.option(word),
  })
  const chain = fc.array(content, { minLength: 2, maxLength: 8 }).map((contents) => {
    let previous = GENESIS.hash
    return contents.map((each, at): AuditRecord => {
      const record = { ...each, sequence: at + 1 }
      previous = hashOf(record, previous)
      return { ...record, hash: previous }
    })
  })
  const headOf = (records: readonly AuditRecord[]) => records.at(-1) ?? GENESIS
  async function* stream(records: readonly AuditRecord[]) {
    yield* records
  }
  const isIntact = async (records: readonly AuditRecord[], head: { sequence: number; hash: Buffer }) =>
    (await verifyChain(stream(records), [head])).intact

  it('that nobody touched is intact', async () => {
    await fc.assert(fc.asyncProperty(chain, async (records) => isIntact(records, headOf(records))))
  })

  it('shows any edit, deletion, insertion and move, with or without hashes that fit', async () => {
    const place = fc.nat()
    const tampering = fc.oneof(
      fc.record({ kind: fc.constant('edit' as const), at: place, other: content }),
      fc.record({ kind: fc.constant('delete' as const), at: place }),
      fc.record({ kind: fc.constant('insert' as const), at: place, other: content }),
      fc.record({ kind: fc.constant('swap' as const), at: place, to: place }),
    )
    await fc.assert(
      fc.asyncProperty(chain, tampering, fc.boolean(), fc.boolean(), async (records, what, renumber, rehash) => {
        let changed = [...records]
        const at = what.at % records.length
        const [original, last] = [records[at], records.at(-1)]
        if (!original || !last) return
        if (what.kind === 'edit') changed[at] = { ...original, ...what.other }
        else if (what.kind === 'delete') changed.splice(at, 1)
        else if (what.kind === 'insert') changed.splice(at, 0, { ...original, ...what.other })
        else {
          const to = what.to % records.length
          const other = records[to]
          if (!other) return
          changed[at] = other
          changed[to] = original
        }
        if (renumber) changed = changed.map((record, index) => ({ ...record, sequence: index + 1 }))
        if (rehash) {
          let previous = GENESIS.hash
          changed = changed.map((record) => {
            previous = hashOf(record, previous)
            return { ...record, hash: previous }
          })
        }
        fc.pre(JSON.stringify(changed) !== JSON.stringify(records))
        expect(await isIntact(changed, last)).toBe(false)
      }),
      { numRuns: 500 },
    )
  })

  it('that was made anew, its end included, is told by a hash that somebody wrote down', async () => {
    await fc.assert(
      fc.asyncProperty(chain, fc.nat(), async (records, at) => {
        const forged: AuditRecord[] = []
        for (const record of records) {
          const changed = { ...record, actorId: `${record.actorId}!` }
          forged.push({ ...changed, hash: hashOf(changed, forged.at(-1)?.hash ?? GENESIS.hash) })
        }
        const known = records[at % records.length] ?? GENESIS
        expect(await isIntact(forged, headOf(forged))).toBe(true)
        expect(await verifyChain(stream(forged), [headOf(forged), known])).toMatchObject({ intact: false })
      }),
    )
  })
})
