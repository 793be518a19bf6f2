import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { expect, onTestFinished, test } from 'vitest'
import { textOf } from './contract.ts'
import { type TestQueues, WITHIN } from './test-queues.ts'

/** The part of the suite that is about consumers that die and connections that break. */
export function recoveryConformance(queues: TestQueues): void {
  test('a job whose consumers were killed, one after the other, comes to the next, as the same job', async () => {
    const producer = await queues.open()
    const id = await producer.add(textOf('a'))
    await killMidJob(queues, id)
    await killMidJob(queues, id)
    const taken: unknown[] = []
    await producer.consume(({ text }, job) => void taken.push([text, job]))
    await expect.poll(queues.storedJobs, WITHIN).toBe(0)
    expect(taken).toEqual([['a', { id, attempt: 3 }]])
  })

  test('a job that ends with its consumer at each attempt is a dead letter too, and can be replayed', async () => {
    const queue = await queues.open({}, { retry: { attempts: 1, backoffMs: 1, jitter: 0 } })
    const id = await queue.add(textOf('a'))
    await killMidJob(queues, id)
    const taken: string[] = []
    await queue.consume(({ text }) => void taken.push(text))
    const letter = { id, attempts: 1, reason: 'Its consumers ended before it was done.' }
    await expect.poll(queue.deadLetters, WITHIN).toMatchObject([letter])
    expect(taken).toEqual([])
    expect(await queue.replay('all')).toEqual([id])
    await expect.poll(queues.storedJobs, WITHIN).toBe(0)
    expect(taken).toEqual(['a'])
  })

  test('consumers and producers go on when the server broke every connection', async () => {
    const producer = await queues.open()
    const taken = await queues.consumer()
    await producer.add(textOf('before'))
    await expect.poll(() => taken, WITHIN).toEqual(['before'])
    const breaking = run(queues.script('break-connections.ts'))
    await once(breaking, 'exit')
    expect(breaking.exitCode).toBe(0)
    await producer.add(textOf('after'))
    await expect.poll(() => taken, WITHIN).toEqual(['before', 'after'])
  })

  test('a job is taken, once, on connections that broke before the producer could know of it', async () => {
    const producer = await queues.open()
    await Promise.all(Array.from({ length: 6 }, () => producer.add(textOf('a')))) // all of its connections
    // While this process waits it reads nothing, so it takes them for good.
    const { status, stderr } = spawnSync(process.execPath, queues.script('break-connections.ts'), { encoding: 'utf8' })
    expect(status, stderr).toBe(0)
    await producer.add(textOf('a'))
    expect(await queues.storedJobs()).toBe(7)
  })
}

/** Has a consumer in a process of its own take a job, and kills that. */
async function killMidJob(queues: TestQueues, id: string): Promise<void> {
  const consumer = run(queues.script('consume-in-process.ts'))
  onTestFinished(() => void consumer.kill('SIGKILL'))
  const taken = await createInterface(consumer.stdout)[Symbol.asyncIterator]().next()
  expect(taken.value).toBe(id)
  consumer.kill('SIGKILL')
  await once(consumer, 'exit')
}

function run(args: readonly string[]) {
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
}
