import { ScriptedWorker } from '@foretoken/protocol/testing'
import { createLogger } from '@foretoken/telemetry'
import { afterEach, expect, test } from 'vitest'
import { WorkerPool } from './pool.ts'

const opened: { close(): Promise<unknown> }[] = []
afterEach(async () => {
  await Promise.all(opened.splice(0).map((each) => each.close()))
})

/** Three workers that are asked once and never again, so that only the register tells of them. */
async function poolOfThree() {
  const workers = await Promise.all([1, 2, 3].map(() => ScriptedWorker.start({})))
  const urls = workers.map(({ url }) => url)
  const pool = new WorkerPool({
    ...{ urls, clusterSecret: ScriptedWorker.clusterSecret, pollMs: 3_600_000, silenceMsMax: 2_000 },
    logger: createLogger('test', 'silent'),
  })
  opened.push(pool, ...workers)
  await pool.start()
  const [name = ''] = pool.models.keys()
  const chosen = () => pool.choose('ten_1', { name }, new Set())?.url
  return { pool, urls, chosen, announced: (url: string) => ({ url, draining: false, load: 0 }) }
}

test('a worker that says in the register that it drains gets nothing more, until one serves there again', async () => {
  const { pool, urls, chosen, announced } = await poolOfThree()
  const home = chosen() ?? ''
  await pool.follow(urls.map((url) => ({ ...announced(url), draining: url === home })))
  expect(chosen()).not.toBe(home)
  await pool.follow([...urls.map((url) => ({ ...announced(url), draining: url === home })), announced(home)])
  expect(chosen()).toBe(home)
  await pool.follow(urls.map((url) => ({ ...announced(url), draining: url === home })))
  await pool.follow(urls.filter((url) => url !== home).map(announced))
  expect(chosen()).toBe(home)
})

test('a load that the register tells counts where the worker itself said nothing lately', async () => {
  const { pool, urls, chosen, announced } = await poolOfThree()
  const home = chosen() ?? ''
  const follow = () => pool.follow(urls.map((url) => ({ ...announced(url), load: url === home ? 500 : 0 })))
  await expect.poll(async () => follow().then(chosen)).not.toBe(home)
})
