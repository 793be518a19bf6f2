import { expect, test } from 'vitest'
import { textOf } from './contract.ts'
import { type TestQueues, WITHIN } from './test-queues.ts'

/** The part of the suite that is about jobs that fail. */
export function deadLettersConformance(queues: TestQueues): void {
  test('a job that fails comes again as the same job, until it is done', async () => {
    const queue = await queues.open()
    const id = await queue.add(textOf('a'))
    const attempts: unknown[] = []
    await queue.consume(({ text }, job) => {
      attempts.push([text, job])
      if (job.attempt < 3) throw new Error('not yet')
    })
    await expect.poll(queues.storedJobs, WITHIN).toBe(0)
    expect(attempts).toEqual([1, 2, 3].map((attempt) => ['a', { id, attempt }]))
  })

  test('a job that waits for its next attempt holds up no other', async () => {
    const queue = await queues.open({}, { retry: { attempts: 2, backoffMs: 3_600_000, jitter: 0.5 } })
    const taken: string[] = []
    await queue.consume(({ text }) => {
      taken.push(text)
      if (text === 'fails') throw new Error('not now')
    })
    await queue.add(textOf('fails'))
    await queue.add(textOf('fine'))
    await expect.poll(() => taken, WITHIN).toEqual(['fails', 'fine'])
    await expect.poll(queues.storedJobs, WITHIN).toBe(1)
    expect(await queue.deadLetters()).toEqual([])
    expect(taken).toHaveLength(2)
  })

  test('a job that failed at each attempt is a dead letter that shows no more than a public sentence', async () => {
    const errors: Error[] = []
    const queue = await queues.open({ onError: (error) => errors.push(error) })
    await queue.consume(({ text }) => {
      const error = new TypeError('params: s3cret')
      throw text === 'spoken' ? Object.assign(error, { publicMessage: 'The store is away.' }) : error
    })
    const spoken = await queue.add(textOf('spoken'))
    const silent = await queue.add(textOf('silent'))
    await expect.poll(async () => (await queue.deadLetters()).length, WITHIN).toBe(2)
    const letters = await queue.deadLetters()
    const common = { queue: expect.stringMatching(/^test-/), attempts: 3, failedAt: expect.any(Date) }
    expect(letters.find(({ id }) => id === spoken)).toEqual({
      ...{ ...common, id: spoken },
      ...{ payload: textOf('spoken'), reason: 'The store is away.' },
    })
    expect(letters.find(({ id }) => id === silent)).toEqual({
      ...{ ...common, id: silent },
      ...{ payload: textOf('silent'), reason: 'The consumer failed (TypeError).' },
    })
    expect(await queues.everythingStored()).toContain('The store is away.')
    expect(await queues.everythingStored()).not.toContain('s3cret')
    const told = errors.filter(({ message }) => message.includes(silent))
    expect(told.map(({ message }) => message)).toEqual(
      [1, 2, 3].map((attempt) => `job ${silent} failed at attempt ${attempt}`),
    )
    expect(told[0]?.cause).toMatchObject({ message: 'params: s3cret' })
  })

  test('a dead letter stays until it is replayed, and then has all attempts before it', async () => {
    const queue = await queues.open()
    const attempts: string[] = []
    let mended = false
    await queue.consume(({ text }, { attempt }) => {
      attempts.push(`${text} ${attempt}`)
      if (!mended) throw new Error('broken')
    })
    await queue.add(textOf('a'), { id: 'a' })
    await expect.poll(async () => (await queue.deadLetters()).length, WITHIN).toBe(1)
    expect(await queue.replay(['a'])).toEqual(['a'])
    await expect.poll(async () => (await queue.deadLetters()).length, WITHIN).toBe(1)
    mended = true
    expect(await queue.replay(['a', 'a', 'never was'])).toEqual(['a'])
    await expect.poll(queues.storedJobs, WITHIN).toBe(0)
    expect(attempts).toEqual(['a 1', 'a 2', 'a 3', 'a 1', 'a 2', 'a 3', 'a 1'])
    expect(await queue.replay('all')).toEqual([])
  })

  test('dead letters are listed oldest first, however many, and all are replayed at once', async () => {
    const queue = await queues.open({}, { retry: { attempts: 1, backoffMs: 1, jitter: 0 } })
    const ids = Array.from({ length: 230 }, (_, nth) => `letter ${nth}`)
    for (const id of ids) await queue.add(textOf(id), { id })
    let mended = false
    let done = 0
    await queue.consume(() => {
      if (!mended) throw new Error('broken')
      done += 1
    })
    await expect.poll(async () => (await queue.deadLetters()).length, WITHIN).toBe(230)
    const letters = await queue.deadLetters()
    expect(letters.map(({ id }) => id).toSorted()).toEqual(ids.toSorted())
    const times = letters.map(({ failedAt }) => failedAt.getTime())
    expect(times).toEqual(times.toSorted((a, b) => a - b))
    mended = true
    expect((await queue.replay('all')).toSorted()).toEqual(ids.toSorted())
    await expect.poll(queues.storedJobs, WITHIN).toBe(0)
    expect(done).toBe(230)
  })
}
