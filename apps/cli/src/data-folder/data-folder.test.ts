import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { openCredentials, saveCredentials } from './credentials.ts'
import { type DataFolder, openDataFolder } from './folder.ts'
import { lockDataFolder, lockHolder } from './lock.ts'
import { processIdentity } from './process.ts'
import { publishState, runningPlatform } from './state.ts'

const root = mkdtempSync(join(tmpdir(), 'foretoken-data-'))
let folder: DataFolder
let count = 0
beforeEach(() => {
  folder = openDataFolder(join(root, String(count++)))
})
afterAll(() => rmSync(root, { recursive: true }))

describe('credentials', () => {
  it('are made once, for their owner only, and are the same ever after', () => {
    const made = openCredentials(folder)
    saveCredentials(folder, { ...made, first: { tenantId: 'ten_1', apiKey: 'ftk_1' } })
    expect(openCredentials(folder)).toEqual({ ...made, first: { tenantId: 'ten_1', apiKey: 'ftk_1' } })
    expect(statSync(folder.credentials).mode & 0o777).toBe(0o600)
    expect(Buffer.from(made.pepper, 'base64')).toHaveLength(32)
  })

  it('that are damaged are an error and stay as they are', () => {
    writeFileSync(folder.credentials, '{"version": 1')
    expect(() => openCredentials(folder)).toThrow(/damaged/)
    expect(statSync(folder.credentials).size).toBe(13)
  })
})

describe('the lock of a data folder', () => {
  it('admits one process and names it to the others', () => {
    const unlock = lockDataFolder(folder)
    expect(lockHolder(folder)).toBe(process.pid)
    expect(() => lockDataFolder(folder)).toThrow(new RegExp(`in use by process ${process.pid}`))
    unlock()
    expect(lockHolder(folder)).toBeNull()
    lockDataFolder(folder)()
  })

  it.each([
    ['of a process that is gone', { pid: spawnSync('true').pid, identity: '1' }],
    ['whose process id now names another process', { pid: process.pid, identity: 'another start' }],
    ['that is damaged', 'half a li'],
  ])('%s is taken over', (_, content) => {
    writeFileSync(folder.lock, JSON.stringify(content))
    const unlock = lockDataFolder(folder)
    expect(lockHolder(folder)).toBe(process.pid)
    unlock()
    expect(readdirSync(folder.path)).toEqual([])
  })
})

describe('the state of a running platform', () => {
  const databaseUrl = 'postgresql://somewhere/foretoken'
  const platform = { databaseUrl, objectStore: 'file:///objects', queueUrl: databaseUrl, trainer: true }

  it('leads to its database for as long as it runs', () => {
    const withdraw = publishState(folder, platform)
    expect(runningPlatform(folder)).toEqual(platform)
    expect(statSync(folder.state).mode & 0o777).toBe(0o600)
    withdraw()
    expect(runningPlatform(folder)).toBeNull()
  })

  it('that a crash left behind leads nowhere', () => {
    const state = { pid: process.pid, identity: 'an earlier start', ...platform }
    writeFileSync(folder.state, JSON.stringify(state))
    expect(runningPlatform(folder)).toBeNull()
    expect(existsSync(folder.state)).toBe(true)
  })
})

describe('the identity of a process', () => {
  it('stays while it lives, and is none for one that does not', () => {
    expect(processIdentity(process.pid)).toBe(processIdentity(process.pid))
    expect(processIdentity(spawnSync('true').pid)).toBeNull()
  })
})
