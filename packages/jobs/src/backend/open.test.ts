import { expect, test } from 'vitest'
import { openBackend, QueueError } from './open.ts'

const open = (url: string) => openBackend(url, 'test', () => undefined)

test.each(['', 'queue', 'file:///queue', 'mysql://host/queue', 'https://user:s3cret@host'])(
  '"%s" is refused with what to write instead',
  async (url) => {
    const message = 'A queue is at postgres://…, redis://… or rediss://…'
    await expect(open(url)).rejects.toEqual(new QueueError(message))
  },
)

test.each(['postgres', 'redis', 'rediss'])(
  'where no %s server is, it is named without its password',
  async (scheme) => {
    const failure = open(`${scheme}://user:s3cret@127.0.0.1:9/0`)
    const message = `The queue at ${scheme}://127.0.0.1:9 can't be opened: connect ECONNREFUSED 127.0.0.1:9`
    await expect(failure).rejects.toMatchObject({ name: 'QueueError', message })
  },
)
