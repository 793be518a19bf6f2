import { fileURLToPath } from 'node:url'
import { createApiKey, createTenant, openDatabase } from '@foretoken/db'
import { temporaryDatabase } from '@foretoken/db/testing'
import { type Contender, openAiTarget } from './contender.ts'
import { startTold } from './processes/child.ts'

/** The gateway as it runs everywhere: its own process, a real PostgreSQL, a tenant's key, a line of log per request. */
export async function startOurs(workerUrl: string, log: number): Promise<Contender> {
  const database = await temporaryDatabase()
  const secret = await createKey(database.url)
  const process = await startTold({
    command: [globalThis.process.execPath, ...PROFILE, '--import', 'tsx', MAIN],
    env: {
      FORETOKEN_GATEWAY_PORT: '0',
      FORETOKEN_DATABASE_URL: database.url,
      FORETOKEN_KEY_PEPPER: PEPPER.toString('base64'),
      FORETOKEN_WORKER_URLS: workerUrl,
      FORETOKEN_CLUSTER_SECRET: 'bench-cluster-secret',
    },
    log,
  })
  return {
    name: 'foretoken',
    baseline: 'worker',
    process: { ...process, stop: () => process.stop().finally(() => database.drop()) },
    target: (stream) => openAiTarget(process.url, stream, { authorization: `Bearer ${secret}` }),
  }
}

const MAIN = fileURLToPath(new URL('../../../../apps/gateway/src/main.ts', import.meta.url))
const PEPPER = Buffer.alloc(32, 7)

/** A folder for profiles of the gateway's processor time, to be opened with Chrome's developer tools. */
const { FORETOKEN_BENCH_PROFILE } = process.env
const PROFILE = FORETOKEN_BENCH_PROFILE === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${FORETOKEN_BENCH_PROFILE}`]

async function createKey(url: string): Promise<string> {
  const db = openDatabase(url)
  const created = await createTenant(db, 'bench')
  if (!created.ok) throw new Error('the database is not new')
  const { secret } = await createApiKey(db, PEPPER, { tenantId: created.tenant.id, name: 'bench' })
  await db.close()
  return secret
}
