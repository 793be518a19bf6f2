import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeAll, beforeEach } from 'vitest'
import { openQueueOf, type Queue, type QueueOptions } from '../queue.ts'
import type { QueueContract } from '../queues.ts'
import { TEST_CONTRACT, type TestPayload } from './contract.ts'

/** A server to have queues on. */
export interface QueuePlace {
  readonly url: string
  /** How many jobs of a queue are stored, in whatever state. */
  storedJobs(queue: string): Promise<number>
  /** All that is stored of them, as text. */
  everythingStored(queue: string): Promise<string>
}

export type OpenPlace = () => Promise<QueuePlace>
export type TestQueues = ReturnType<typeof testQueues>

/** Queues of a group of tests: each test has a name of its own, and what it opened is closed after it. */
export function testQueues(openPlace: OpenPlace) {
  const opened: Queue<TestPayload>[] = []
  let place: QueuePlace
  let name: string
  beforeAll(async () => {
    place = await openPlace()
  }, 300_000)
  beforeEach(() => {
    name = `test-${randomBytes(6).toString('hex')}`
  })
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((queue) => queue.close()))
  })

  const open = async (options: QueueOptions = {}, changes: Partial<QueueContract<TestPayload>> = {}) => {
    const queue = await openQueueOf(place.url, name, { ...TEST_CONTRACT, ...changes }, options)
    opened.push(queue)
    return queue
  }
  return {
    open,
    /** A consumer that remembers the texts that it was handed. */
    consumer: async (): Promise<string[]> => {
      const taken: string[] = []
      await (await open()).consume(({ text }) => void taken.push(text))
      return taken
    },
    storedJobs: () => place.storedJobs(name),
    everythingStored: () => place.everythingStored(name),
    /** Arguments that run a script of this folder on the place and the test's queue. */
    script: (file: string) => ['--import', 'tsx', fileURLToPath(new URL(file, import.meta.url)), ...[place.url, name]],
  }
}

/** Long, since other tests load the machine. */
export const WITHIN = { timeout: 50_000 }
