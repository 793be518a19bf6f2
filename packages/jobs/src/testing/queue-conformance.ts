import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { Queue } from '../queue.ts'
import { type TestPayload, textOf } from './contract.ts'
import { deadLettersConformance } from './dead-letters-conformance.ts'
import { recoveryConformance } from './recovery-conformance.ts'
import { type OpenPlace, testQueues, WITHIN } from './test-queues.ts'

/** What every queue guarantees. `open` is called once. */
export function queueConformance(store: string, open: OpenPlace): void {
  describe(`${store} keeps the promises of Queue`, () => {
    const queues = testQueues(open)
    deadLettersConformance(queues)
    recoveryConformance(queues)

    test('each job reaches one consumer, also jobs from before there was any', async () => {
      const producer = await queues.open()
      await producer.add(textOf('early'))
      expect(await producer.pending()).toBe(1)
      const consumers = [await queues.consumer(), await queues.consumer()]
      const taken = () => consumers.flat().toSorted()
      await expect.poll(taken, WITHIN).toEqual(['early'])
      const late = ['a', 'b', 'c', 'd', 'e']
      await Promise.all(late.map((text) => producer.add(textOf(text))))
      await expect.poll(taken, WITHIN).toEqual([...late, 'early'])
      await expect.poll(queues.storedJobs, WITHIN).toBe(0)
      expect(await producer.pending()).toBe(0)
      expect(taken()).toHaveLength(6)
    })

    test('nothing is kept of a job that was done', async () => {
      const queue = await queues.open()
      await Promise.all(['a', 'b'].map((text) => queue.add(textOf(text))))
      expect(await queues.storedJobs()).toBe(2)
      await queue.consume(() => undefined)
      await expect.poll(queues.storedJobs, WITHIN).toBe(0)
    })

    test('a consumer does one job after the other', async () => {
      const queue = await queues.open()
      for (let job = 0; job < 5; job += 1) await queue.add(textOf(`${job}`))
      const steps: string[] = []
      await queue.consume(async ({ text }) => {
        steps.push(`${text} begins`)
        await queues.storedJobs()
        steps.push(`${text} ends`)
      })
      const inOrder = ['0', '1', '2', '3', '4'].flatMap((text) => [`${text} begins`, `${text} ends`])
      await expect.poll(() => steps, WITHIN).toEqual(inOrder)
      await expect(queue.consume(() => undefined)).rejects.toThrow('has one consumer')
    })

    test('a job added twice with one id is one job, until it is done', async () => {
      const queue = await queues.open()
      expect(await queue.add(textOf('first'), { id: 'same' })).toBe('same')
      expect(await queue.add(textOf('second'), { id: 'same' })).toBe('same')
      expect(await queues.storedJobs()).toBe(1)
      const taken: string[] = []
      await queue.consume(async ({ text }, { id }) => {
        taken.push(`${id}: ${text}`)
        await queue.add(textOf('while it is done'), { id })
      })
      await expect.poll(queues.storedJobs, WITHIN).toBe(0)
      await queue.add(textOf('third'), { id: 'same' })
      await expect.poll(queues.storedJobs, WITHIN).toBe(0)
      expect(taken).toEqual(['same: first', 'same: third'])
    })

    test('jobs without an id each have one of their own', async () => {
      const queue = await queues.open()
      const added = await Promise.all(['a', 'b', 'c'].map((text) => queue.add(textOf(text))))
      expect(new Set(added).size).toBe(3)
      expect(added.join()).toMatch(/^(job_[0-9a-z]{26},?){3}$/)
      const taken: string[] = []
      await queue.consume((_, { id }) => void taken.push(id))
      await expect.poll(() => taken.toSorted(), WITHIN).toEqual(added.toSorted())
    })

    test('a delayed job lets others pass, and comes when its time has come', async () => {
      const queue = await queues.open()
      await queue.add(textOf('tomorrow'), { delayMs: 24 * 3_600_000 })
      const taken = await queues.consumer()
      await queue.add(textOf('soon'), { delayMs: 200 })
      await expect.poll(() => taken, WITHIN).toEqual(['soon'])
      await queue.add(textOf('now'))
      await expect.poll(() => taken, WITHIN).toEqual(['soon', 'now'])
      await expect.poll(queues.storedJobs, WITHIN).toBe(1)
    })

    test('closing waits for the job in hand, which then is done', async () => {
      const queue = await queues.open()
      const [begun, finish] = [gate(), gate()]
      let done = false
      await queue.consume(async () => {
        begun.open()
        await finish.opened
        done = true
      })
      await queue.add(textOf('in hand'))
      await begun.opened
      const closed = closing(queue)
      await queues.storedJobs()
      expect(closed.yet).toBe(false)
      finish.open()
      await closed.closed
      expect(done).toBe(true)
      expect(await queues.storedJobs()).toBe(0)
    })

    test('a payload of an unknown version is a dead letter at once, lets others pass, and goes to who knows it', async () => {
      const old = await queues.open()
      const taken: string[] = []
      await old.consume(({ text }) => void taken.push(text))
      const later: unknown = { version: 2, words: ['hello'] }
      await Reflect.apply(old.add, old, [later, { id: 'later' }])
      await old.add(textOf('known'))
      await expect.poll(() => taken, WITHIN).toEqual(['known'])
      const reason = 'The consumer does not know a payload like this, of version 2.'
      const letter = { id: 'later', payload: later, attempts: 1, reason }
      await expect.poll(old.deadLetters, WITHIN).toMatchObject([letter])
      await old.close()
      const payload = z.looseObject({ version: z.literal(2) }).transform(() => textOf('of version 2'))
      const fresh = await queues.open({}, { payload })
      await fresh.consume(({ text }) => void taken.push(text))
      expect(await fresh.replay(['later'])).toEqual(['later'])
      await expect.poll(() => taken, WITHIN).toEqual(['known', 'of version 2'])
    })
  })
}

function gate() {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { open: () => open(), opened }
}

/** Closes a queue, and tells whether that is done. */
function closing(queue: Queue<TestPayload>) {
  const state = { yet: false, closed: Promise.resolve() }
  state.closed = queue.close().then(() => {
    state.yet = true
  })
  return state
}
