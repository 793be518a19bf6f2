import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { readDraft } from '@foretoken/drafting'
import { adapterFiles, freshAdapter } from '@foretoken/drafting/testing'
import { adapterKey } from '@foretoken/learning'
import type { GenerateCall } from '@foretoken/protocol'
import { WorkerClient } from '@foretoken/protocol/client'
import { exampleCall } from '@foretoken/protocol/testing'
import { referenceTargetFolder } from '@foretoken/reference-target'
import { staticDraftFolder } from '@foretoken/static-draft'
import { openObjectStore } from '@foretoken/storage'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { z } from 'zod'

const clusterSecret = 'a-secret-of-the-adapters-test'
const main = fileURLToPath(new URL('../../apps/worker/src/main.ts', import.meta.url))
const readySchema = z.object({ type: z.literal('ready'), url: z.string() })
const tenant = 'ten_adapted'

let folder: string
let worker: ChildProcess | undefined
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'foretoken-adapters-'))
})
afterAll(async () => {
  worker?.kill('SIGKILL')
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
      FORETOKEN_OBJECT_STORE: pathToFileURL(join(folder, 'store')).href,
      FORETOKEN_ADAPTER_DISK: join(folder, 'disk'),
      FORETOKEN_LOG_LEVEL: 'silent',
    },
  })
  worker = started
  const [message] = await once(started, 'message')
  const { url } = readySchema.parse(message)
  const client = new WorkerClient({ url, clusterSecret })
  const model = (await client.status()).model.id
  /** One request of the tenant: its text, and which drafts proposed. */
  const ask = async (changes: Partial<GenerateCall>) => {
    let text = ''
    let versions: (string | null)[] = []
    const call: GenerateCall = {
      ...exampleCall(model),
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

it('a worker that was killed drafts with its adapters again although the store has lost them, and says the same', async () => {
  const store = openObjectStore(pathToFileURL(join(folder, 'store')).href)
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
  await expect.poll(() => first.counted('foretoken:adapters', 'disk'), { timeout: 60_000 }).toBe(1)
  expect(await first.counted('foretoken:adapter_hits_total', 'store')).toBe(1)
  await first.kill()

  await rm(join(folder, 'store'), { recursive: true })
  const second = await startWorker()
  await expect.poll(() => usesIt(second), { timeout: 60_000 }).toContain('adp_1')
  expect(await second.counted('foretoken:adapter_hits_total', 'disk')).toBe(1)
  expect(await second.counted('foretoken:adapter_hits_total', 'store')).toBe(0)
  expect(await second.counted('foretoken:adapters', 'memory')).toBe(1)
  await second.kill()
}, 240_000)
