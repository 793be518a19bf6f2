import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { describeWorkerConformance } from '@foretoken/protocol/conformance'
import { referenceTargetFolder } from '@foretoken/reference-target'
import { z } from 'zod'

const clusterSecret = 'a-secret-of-the-worker-test'
const main = fileURLToPath(new URL('../../apps/worker/src/main.ts', import.meta.url))
const readySchema = z.object({ type: z.literal('ready'), url: z.string() })

describeWorkerConformance('the worker process', async () => {
  const worker = fork(main, {
    execArgv: ['--import', 'tsx'],
    env: {
      ...process.env,
      FORETOKEN_CLUSTER_SECRET: clusterSecret,
      FORETOKEN_MODEL: referenceTargetFolder,
      FORETOKEN_LOG_LEVEL: 'silent',
    },
  })
  const [message] = await once(worker, 'message')
  const { url } = readySchema.parse(message)
  return {
    url,
    clusterSecret,
    close: async () => {
      worker.kill('SIGTERM')
      await once(worker, 'exit')
    },
  }
})
