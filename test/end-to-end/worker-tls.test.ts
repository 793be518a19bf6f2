import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { WorkerClient, WorkerLost } from '@foretoken/protocol/client'
import { referenceTargetFolder } from '@foretoken/reference-target'
import { generate } from 'selfsigned'
import { expect, it } from 'vitest'
import { z } from 'zod'

const clusterSecret = 'a-secret-of-the-worker-test'
const main = fileURLToPath(new URL('../../apps/worker/src/main.ts', import.meta.url))
/** Of a subject alternative name, as the library numbers them. */
const IP_ADDRESS = 7 as const

it('a worker with a certificate talks to those who trust it, and gateways talk to no other', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'foretoken-tls-'))
  const extensions = [{ name: 'subjectAltName' as const, altNames: [{ type: IP_ADDRESS, ip: '127.0.0.1' }] }]
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'worker' }], {
    keySize: 2048,
    extensions,
  })
  const files = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') }
  writeFileSync(files.cert, cert)
  writeFileSync(files.key, key)
  const worker = fork(main, {
    execArgv: ['--import', 'tsx'],
    env: {
      ...process.env,
      FORETOKEN_CLUSTER_SECRET: clusterSecret,
      FORETOKEN_MODEL: referenceTargetFolder,
      FORETOKEN_WORKER_TLS_CERT: files.cert,
      FORETOKEN_WORKER_TLS_KEY: files.key,
      FORETOKEN_LOG_LEVEL: 'silent',
    },
  })
  const [message] = await once(worker, 'message')
  const { url } = z.object({ url: z.string() }).parse(message)
  expect(url).toMatch(/^https:/)
  const trusting = new WorkerClient({ url, clusterSecret, ca: Buffer.from(cert) })
  expect(await trusting.status()).toMatchObject({ ready: true })
  const distrustful = new WorkerClient({ url, clusterSecret })
  await expect(distrustful.status()).rejects.toBeInstanceOf(WorkerLost)
  await Promise.all([trusting.close(), distrustful.close()])
  worker.kill('SIGTERM')
  await once(worker, 'exit')
  rmSync(folder, { recursive: true })
})
