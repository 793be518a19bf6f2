import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readDraft } from '@foretoken/drafting'
import { adapterFiles, freshAdapter } from '@foretoken/drafting/testing'
import { adapterKey } from '@foretoken/learning'
import type { GenerateCall } from '@foretoken/protocol'
import { WorkerClient } from '@foretoken/protocol/client'
import { exampleCall } from '@foretoken/protocol/testing'
import { referenceTargetFolder } from '@foretoken/reference-target'
import { staticDraftFolder } from '@foretoken/static-draft'
import { openObjectStore } from '@foretoken/storage'
import { type S3Server, startS3Server } from '@foretoken/storage/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { z } from 'zod'

const clusterSecret = 'a-secret-of-the-adapters-test'
const main = fileURLToPath(new URL('../../apps/worker/src/main.ts', import.meta.url))
const readySchema = z.object({ type: z.literal('ready'), url: z.string() })
const tenant = 'ten_adapted'

let folder: string
let server: S3Server
let running = false
let worker: ChildProcess | undefined
const storeUrl = () => `s3://adapters?endpoint=${server.endpoint}&region=us-east-1&forcePathStyle=true`

beforeAll(async () => {
  process.env.AWS_ACCESS_KEY_ID = 'test'
  process.env.AWS_SECRET_ACCESS_KEY = 'test'
  server = await startS3Server()
  running = true
  await server.makeBucket('adapters')
  folder = await mkdtemp(join(tmpdir(), 'foretoken-adapters-'))
}, 300_000)
afterAll(async () => {
  worker?.kill('SIGKILL')
  if (running) await server.stop()
  await rm(folder, { recursive: true })
})

async function startWorker() {
  const started = fork(main, {
    execArgv: ['--import', 'tsx'],
    env: {
      ...process.env,
      FORETOKEN_CLUSTER_SECRET: clusterSecret,
      FORETOKEN_MODEL: referenceTargetFolder,
      FORETOKEN_STATIC_DRAFT: staticDraftFolder,
      FORETOKEN_OBJECT_STORE: storeUrl(),
      FORETOKEN_ADAPTER_DISK: join(folder, 'disk'),
      FORETOKEN_LOG_LEVEL: 'silent',
    },
  })
  worker = started
  const [message] = await once(started, 'message')
  const { url } = readySchema.parse(message)
  const client = new WorkerClient({ url, clusterSecret })
  const { id: model, fingerprint } = (await client.status()).model
  /** One request of the tenant: its text, and which drafts proposed. */
  const ask = async (changes: Partial<GenerateCall>) => {
    let text = ''
    let versions: (string | null)[] = []
    const call: GenerateCall = {
      ...exampleCall(model, fingerprint),
      tenant,
      speculation: { arm: 'adaptive', lookahead: 2 },
      ...changes,
    }
    for await (const frame of client.generate(call, new AbortController().signal)) {
      if (frame.type === 'text') text += frame.text
      if (frame.type === 'end') versions = frame.speculation.arms.map(({ draftVersion }) => draftVersion)
    }
    return { text, versions }
  }
  const counted = async (name: string, tier: string) => {
    const family = (await client.metrics()).find((each) => each.name === name)
    return family?.values.find(({ labels }) => labels.tier === tier)?.value
  }
  const kill = async () => {
    await client.close()
    started.kill('SIGKILL')
    await once(started, 'exit')
  }
  return { ask, counted, kill }
}

it('a worker that was killed drafts with its adapters again although the store is away, and says the same', async () => {
  const store = openObjectStore(storeUrl())
  const artifact = await readDraft(staticDraftFolder)
  const { ref, files } = adapterFiles('adp_1', artifact, freshAdapter(1, artifact.shape))
  const adapter = { ...ref, key: adapterKey(tenant, ref.id) }
  for (const [name, bytes] of files) await store.put(`${adapter.key}/${name}`, bytes)

  const first = await startWorker()
  const plain = await first.ask({ adapter: null })
  const usesIt = async ({ ask }: typeof first) => {
    const { text, versions } = await ask({ adapter })
    expect(text).toBe(plain.text)
    return versions
  }
  await expect.poll(() => usesIt(first), { timeout: 60_000 }).toContain('adp_1')
  await expect.poll(() => first.counted('foretoken:adapter_loads_total', 'disk'), { timeout: 60_000 }).toBe(1)
  expect(await first.counted('foretoken:adapter_hits_total', 'store')).toBe(1)
  await first.kill()

  await server.stop()
  running = false
  const second = await startWorker()
  await expect.poll(() => usesIt(second), { timeout: 60_000 }).toContain('adp_1')
  expect(await second.counted('foretoken:adapter_hits_total', 'disk')).toBe(1)
  expect(await second.counted('foretoken:adapter_hits_total', 'store')).toBe(0)
  expect(await second.counted('foretoken:adapters', 'memory')).toBe(1)
  await second.kill()
}, 300_000)
