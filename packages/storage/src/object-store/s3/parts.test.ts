import { afterAll, beforeAll, expect, test } from 'vitest'
import { meddlingProxy } from '../../testing/meddling-proxy.ts'
import { type S3Server, SIGNED, startS3Server } from '../../testing/s3-server/start.ts'
import { S3ObjectStore } from './s3.ts'

let server: S3Server
beforeAll(async () => {
  process.env.AWS_ACCESS_KEY_ID = 'test'
  process.env.AWS_SECRET_ACCESS_KEY = 'test'
  server = await startS3Server()
  await server.makeBucket('artifacts')
}, 300_000)
afterAll(() => server?.stop())

const open = (prefix: string, endpoint = server.endpoint, clock = Date.now) =>
  new S3ObjectStore({ bucket: 'artifacts', prefix, endpoint, region: 'us-east-1', forcePathStyle: true }, clock)

const large = new Uint8Array(17 << 20).fill(1)

/** Keys of the uploads that have parts on the server. */
async function uploads(prefix: string): Promise<string[]> {
  const response = await fetch(`${server.endpoint}/artifacts?uploads&prefix=${prefix}`, { headers: SIGNED })
  return [...(await response.text()).matchAll(/<Key>(.*?)<\/Key>/g)].map(([, key = '']) => key)
}

async function startUpload(key: string): Promise<void> {
  const url = `${server.endpoint}/artifacts/${key}?uploads`
  expect((await fetch(url, { method: 'POST', headers: SIGNED })).status).toBe(200)
}

const isPart = (method: string, url: string, part: number) => method === 'PUT' && url.includes(`partNumber=${part}`)
const isEnd = (method: string, url: string) => method === 'POST' && url.includes('uploadId=')

test('a large object goes in parts, a small one does not', async () => {
  const seen: string[] = []
  const watching = await meddlingProxy(server.endpoint, {
    lose: (method, _, url) => {
      seen.push(`${method} ${/partNumber=\d+|uploads|uploadId/.exec(url)?.[0] ?? 'object'}`)
      return false
    },
  })
  await open('watched/', watching).put('small', large.subarray(0, 16 << 20))
  expect(seen).toEqual(['PUT object'])
  await open('watched/', watching).put('large', large)
  const parts = ['PUT partNumber=1', 'PUT partNumber=2', 'PUT partNumber=3']
  expect(seen.slice(1).toSorted()).toEqual(['GET uploads', 'POST uploadId', 'POST uploads', ...parts])
})

test('an upload that breaks leaves no object and no parts, and may be tried again', async () => {
  const broken = await meddlingProxy(server.endpoint, { lose: (method, _, url) => isPart(method, url, 2) })
  const store = open('broken/', broken)
  await expect(store.put('a', large)).rejects.toMatchObject({ code: 'unreachable', retryable: true })
  await expect(store.put('a', large, { ifAbsent: true })).rejects.toMatchObject({ code: 'unreachable' })
  expect(await open('broken/').get('a')).toBeUndefined()
  expect(await uploads('broken/')).toEqual([])
})

test('an upload that comes too late leaves the object that is there, and no parts', async () => {
  const store = open('late/')
  await store.put('a', Uint8Array.of(2))
  expect(await store.put('a', large, { ifAbsent: true })).toBe('exists')
  expect(await store.get('a')).toEqual(Uint8Array.of(2))
  expect(await uploads('late/')).toEqual([])
})

test('a part whose answer was lost is sent again', async () => {
  let lost = 0
  const lossy = await meddlingProxy(server.endpoint, {
    lose: (method, _, url) => isPart(method, url, 2) && lost++ === 0,
  })
  expect(await open('resent/', lossy).put('a', large, { ifAbsent: true })).toBe('written')
  expect(lost).toBeGreaterThan(1)
  expect(Buffer.from((await open('resent/').get('a')) ?? []).equals(large)).toBe(true)
})

test.each([true, false])(
  'an upload whose end was not answered is the one that wrote (if absent: %s)',
  async (ifAbsent) => {
    // S3 may have forgotten an upload that it completed, or answer as before; moto answers as before.
    const gone = '<Error><Code>NoSuchUpload</Code><Message>gone</Message></Error>'
    for (const answers of ['as before', 'gone']) {
      let ends = 0
      const lossy = await meddlingProxy(server.endpoint, {
        lose: (method, _, url) => isEnd(method, url) && ends === 1,
        answer: (method, _, url) =>
          isEnd(method, url) && ++ends === 2 && answers === 'gone' ? { status: 404, body: gone } : undefined,
      })
      const prefix = `unanswered-${ifAbsent}-${answers.replace(' ', '-')}/`
      expect(await open(prefix, lossy).put('a', large, { ifAbsent })).toBe('written')
      expect(ends).toBeGreaterThan(1)
      expect(await open(prefix).get('a')).toHaveLength(large.length)
      expect(await open(prefix).put('a', large, { ifAbsent: true })).toBe('exists')
    }
  },
)

test('a server that ignores If-None-Match at the end of an upload is found out', async () => {
  const ignoring = await meddlingProxy(server.endpoint, {
    rewrite: (headers, method) => {
      if (method === 'POST') delete headers['if-none-match']
    },
  })
  const store = open('ignoring/', ignoring)
  expect(await store.put('small', Uint8Array.of(1), { ifAbsent: true })).toBe('written')
  const message = expect.stringContaining('ignores If-None-Match at the end of an upload in parts')
  await expect(store.put('a', large, { ifAbsent: true })).rejects.toMatchObject({ code: 'unsupported', message })
})

test('parts that a killed writer left go after a day, those of others stay', async () => {
  await startUpload('abandoned/a')
  await startUpload('foreign/a')
  await open('abandoned/').put('b', large)
  expect(await uploads('abandoned/')).toEqual(['abandoned/a'])
  await open('abandoned/', server.endpoint, () => Date.now() + 25 * 3_600_000).put('b', large)
  expect(await uploads('abandoned/')).toEqual([])
  expect(await uploads('foreign/')).toEqual(['foreign/a'])
})

test('credentials that may not list uploads may still store', async () => {
  const denied = '<Error><Code>AccessDenied</Code><Message>no</Message></Error>'
  const refusing = await meddlingProxy(server.endpoint, {
    answer: (method, _, url) =>
      method === 'GET' && url.includes('uploads') ? { status: 403, body: denied } : undefined,
  })
  expect(await open('refused/', refusing).put('a', large)).toBe('written')
})
