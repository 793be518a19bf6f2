import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { changeTenant, createTenant, type Database, openDatabase } from '@foretoken/db'
import { temporaryDatabase } from '@foretoken/db/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run } from '../testing/run.ts'

const folder = mkdtempSync(join(tmpdir(), 'foretoken-audit-'))
let db: Database
let url: string
let drop: () => Promise<void>
beforeAll(async () => {
  const temporary = await temporaryDatabase()
  ;({ url, drop } = temporary)
  db = openDatabase(url, { actor: { kind: 'admin', id: '=1+1' } })
  for (const name of ['acme', 'other']) {
    const created = await createTenant(db, name)
    if (created.ok) await changeTenant(db, created.tenant.id, { plan: 'a "gold" plan, with\ncommas' })
  }
})
afterAll(async () => {
  await db.close().then(drop)
  rmSync(folder, { recursive: true })
})

const audit = (...args: string[]) => run('audit', ...args, '--data-dir', folder, '--database-url', url)

describe('foretoken audit', () => {
  it('lists what was done, of one tenant or of all', async () => {
    expect(JSON.parse(await audit('list', '--json'))).toHaveLength(4)
    const lines = (await audit('list', '--tenant', 'acme')).trim().split('\n')
    expect(lines).toHaveLength(3)
    expect(lines[1]).toMatch(/admin =1\+1 +tenant\.changed +ten_/)
  })

  it('verifies the log, and an export of it, and both against an end that was written down', async () => {
    const { head } = JSON.parse(await audit('verify', '--json'))
    const known = `${head.sequence}:${head.hash}`
    expect(await audit('verify', '--known', known)).toContain(`intact: 4 rows`)
    const file = join(folder, 'export.jsonl')
    const text = await audit('export')
    expect(await audit('export', '--format', 'jsonl')).toBe(text)
    writeFileSync(file, text)
    expect(await audit('verify', '--file', file, '--known', known)).toContain(known)
    await expect(audit('verify', '--known', `4:${'0'.repeat(64)}`)).rejects.toThrow('from row 4 on')
    writeFileSync(file, text.replace('"gold', '"bold').replace('\\"gold', '\\"bold'))
    await expect(audit('verify', '--file', file)).rejects.toThrow('from row 2 on')
    writeFileSync(file, text.split('\n').slice(0, 3).join('\n'))
    await expect(audit('verify', '--file', file, '--known', known)).rejects.toThrow('Rows up to 4 are missing')
    writeFileSync(file, 'no log\n')
    await expect(audit('verify', '--file', file)).rejects.toThrow('Line 1')
  })

  it('exports a table in which no cell is a formula', async () => {
    const text = await audit('export', '--format', 'csv')
    expect(text.split('\n')[0]).toBe(
      'sequence,at,actorKind,actorId,action,subjectId,tenantId,before,after,requestId,hash',
    )
    expect(text).toContain(",'=1+1,")
    expect(text.match(/""standard""/g)).toHaveLength(4)
  })
})
