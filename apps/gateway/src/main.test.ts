import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import {
  createAdminKey,
  createApiKey,
  createTenant,
  type Database,
  openDatabase,
  revokeApiKey,
  usageTotals,
} from '@foretoken/db'
import { temporaryDatabase } from '@foretoken/db/testing'
import { ScriptedWorker } from '@foretoken/protocol/testing'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DEFAULT_LIMITS } from './config.ts'
import { chat } from './routes/chat-completions/example.ts'

const pepper = Buffer.alloc(32, 7)
let db: Database
let worker: ScriptedWorker
let tenantId: string
let apiKey: string
let env: NodeJS.ProcessEnv

beforeAll(async () => {
  const { url } = await temporaryDatabase()
  db = openDatabase(url)
  const created = await createTenant(db, 'process')
  if (!created.ok) throw new Error('name taken')
  tenantId = created.tenant.id
  apiKey = (await createApiKey(db, pepper, { tenantId, name: 'test' })).secret
  worker = await ScriptedWorker.start()
  env = {
    ...process.env,
    FORETOKEN_GATEWAY_PORT: '0',
    FORETOKEN_DATABASE_URL: url,
    FORETOKEN_KEY_PEPPER: pepper.toString('base64'),
    FORETOKEN_WORKER_URLS: worker.url,
    FORETOKEN_CLUSTER_SECRET: ScriptedWorker.clusterSecret,
  }
})
afterAll(async () => {
  await worker.close()
  await db.close()
})

describe('the gateway as a process, on a real database', () => {
  it('tells its parent where it listens, serves, bills once, and ends on SIGTERM', async () => {
    const child = spawn(env)
    const [message] = await once(child, 'message')
    expect(message).toMatchObject({ type: 'ready', url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) })
    const client = new OpenAI({ baseURL: `${message.url}/v1`, apiKey, maxRetries: 0 })
    const answer = await client.chat.completions.create(chat)
    expect(answer.usage?.completion_tokens).toBe(5)
    expect((await fetch(`${message.url}/readyz`)).status).toBe(200)
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([0, null])
    const always = { from: new Date(0), to: new Date('2100-01-01') }
    expect(await usageTotals(db, tenantId, always)).toMatchObject({ requests: 1, completionTokens: 5 })
  })

  it('hears of what changes, and lets operators in', async () => {
    const child = spawn(env)
    const [{ url }] = await once(child, 'message')
    const { id: keyId, secret } = await createApiKey(db, pepper, { tenantId, name: 'revoked' })
    const statusOf = async (path: string, key: string) =>
      (await fetch(url + path, { headers: { authorization: `Bearer ${key}` } })).status
    expect(await statusOf('/v1/models', secret)).toBe(200)
    await revokeApiKey(db, { tenantId, keyId })
    // Sooner than trust in what it knew would have ended.
    await expect.poll(() => statusOf('/v1/models', secret), { timeout: DEFAULT_LIMITS.keyCacheMs / 2 }).toBe(401)
    const { secret: credential } = await createAdminKey(db, pepper, { name: 'test', role: 'viewer' })
    expect(await statusOf('/admin/v1/tenants', credential)).toBe(200)
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([0, null])
  })

  it('ends with its parent', async () => {
    const child = spawn(env)
    await once(child, 'message')
    child.disconnect()
    expect(await once(child, 'exit')).toEqual([0, null])
  })

  it('refuses to start with a wrong environment and names what is wrong', async () => {
    const child = spawn({ ...env, FORETOKEN_CLUSTER_SECRET: 'short', FORETOKEN_WORKER_URLS: '' })
    let errors = ''
    child.stderr?.on('data', (chunk: Buffer) => {
      errors += chunk
    })
    expect(await once(child, 'exit')).toEqual([1, null])
    expect(errors).toContain('FORETOKEN_CLUSTER_SECRET')
    expect(errors).toContain('FORETOKEN_WORKER_URLS')
  })
})

function spawn(childEnv: NodeJS.ProcessEnv): ChildProcess {
  return fork(new URL('./main.ts', import.meta.url), { env: childEnv, execArgv: ['--import', 'tsx'], silent: true })
}
