import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { meddlingProxy } from '../../testing/meddling-proxy.ts'
import { objectStoreConformance } from '../../testing/object-store-conformance.ts'
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

const open = (bucket: string, prefix = '', endpoint = server.endpoint) =>
  new S3ObjectStore({ bucket, prefix, endpoint, region: 'us-east-1', forcePathStyle: true, listPageSize: 3 })

// Pages of three objects, so that every longer listing takes several.
objectStoreConformance('S3', async () => ({
  stores: [open('artifacts', 'tests/'), open('artifacts', 'tests/')],
  damage: async (key, change) => {
    const url = `${server.endpoint}/artifacts/tests/${key}`
    const stored = await fetch(url, { headers: SIGNED })
    const metadata = [...stored.headers].filter(([name]) => name.startsWith('x-amz-meta-'))
    const body = change(new Uint8Array(await stored.arrayBuffer()))
    const headers = { ...SIGNED, ...Object.fromEntries(metadata) }
    expect((await fetch(url, { method: 'PUT', body, headers })).status).toBe(200)
  },
}))

const one = Uint8Array.of(1)

test('a prefix keeps stores in one bucket apart', async () => {
  const [ours, theirs] = [open('artifacts', 'ours/'), open('artifacts', 'theirs/')]
  await ours.put('a/b', one)
  expect(await theirs.get('a/b')).toBeUndefined()
  expect(await theirs.list('')[Symbol.asyncIterator]().next()).toEqual({ done: true, value: undefined })
  expect(await ours.list('')[Symbol.asyncIterator]().next()).toMatchObject({ value: { key: 'a/b', bytes: 1 } })
})

test('objects that others put into the bucket under names that are no keys are not listed', async () => {
  const response = await fetch(`${server.endpoint}/artifacts/foreign/a%20b`, {
    method: 'PUT',
    body: 'x',
    headers: SIGNED,
  })
  expect(response.status).toBe(200)
  const store = open('artifacts', 'foreign/')
  await store.put('mine', one)
  const keys: string[] = []
  for await (const { key } of store.list('')) keys.push(key)
  expect(keys).toEqual(['mine'])
})

test('a server that ignores If-None-Match is found out at the first conditional write', async () => {
  const ignoring = await meddlingProxy(server.endpoint, { rewrite: (headers) => delete headers['if-none-match'] })
  const store = open('artifacts', 'ignoring/', ignoring)
  await expect(store.put('a', one, { ifAbsent: true })).rejects.toMatchObject({
    code: 'unsupported',
    message: `s3://artifacts at ${ignoring} ignores If-None-Match: use a server with conditional writes`,
  })
})

test('a conditional write whose answer was lost is still the one that wrote', async () => {
  const lossy = await meddlingProxy(server.endpoint, { lose: (method, nth) => method === 'PUT' && nth === 0 })
  const store = open('artifacts', 'lossy/', lossy)
  expect(await store.put('a', one, { ifAbsent: true })).toBe('written')
  expect(await store.put('a', one, { ifAbsent: true })).toBe('exists')
})

test('who wrote is told apart from who sends the same bytes', async () => {
  const lossy = await meddlingProxy(server.endpoint, { lose: (method, nth) => method === 'PUT' && nth === 0 })
  await open('artifacts', 'same/').put('a', one)
  expect(await open('artifacts', 'same/', lossy).put('a', one, { ifAbsent: true })).toBe('exists')
})

test('bytes that change on the way back are read again, and never returned', async () => {
  await open('artifacts', 'wire/').put('a', one)
  const once = await meddlingProxy(server.endpoint, { flip: (what, _, nth) => what === 'answer' && nth === 0 })
  expect(await open('artifacts', 'wire/', once).get('a')).toEqual(one)
  const always = await meddlingProxy(server.endpoint, { flip: (what) => what === 'answer' })
  const corrupt = { code: 'corrupt', message: expect.stringContaining('the bytes of a are not those that were put') }
  await expect(open('artifacts', 'wire/', always).get('a')).rejects.toMatchObject(corrupt)
})

// S3 refuses such a body, since it is not what was signed; moto takes it, and a reader finds out.
test('bytes that change on the way to the server are never returned', async () => {
  const flipping = await meddlingProxy(server.endpoint, {
    flip: (what, method) => what === 'request' && method === 'PUT',
  })
  await open('artifacts', 'upload/', flipping).put('a', one)
  await expect(open('artifacts', 'upload/').get('a')).rejects.toMatchObject({ code: 'corrupt' })
})

test('an object that others put without a checksum is taken as it is', async () => {
  await fetch(`${server.endpoint}/artifacts/plain/a`, { method: 'PUT', body: 'x', headers: SIGNED })
  expect(await open('artifacts', 'plain/').get('a')).toEqual(new TextEncoder().encode('x'))
})

test('a server that never answers is unreachable, which may pass', async () => {
  const silent = await meddlingProxy(server.endpoint, { lose: () => true })
  const failure = await open('artifacts', '', silent)
    .get('a')
    .catch((error: unknown) => error)
  expect(failure).toMatchObject({ name: 'StorageError', code: 'unreachable', retryable: true })
  const nobody = open('artifacts', '', 'http://127.0.0.1:9')
  await expect(nobody.get('a')).rejects.toThrow(/^s3:\/\/artifacts at http:\/\/127.0.0.1:9: no answer .*ECONNREFUSED/)
})

test('a missing bucket is said to be missing by every method', async () => {
  const store = open('nowhere')
  const missing = { code: 'missing_bucket', message: `s3://nowhere at ${server.endpoint}: no such bucket; create it` }
  await expect(store.get('a')).rejects.toMatchObject(missing)
  await expect(store.put('a', one)).rejects.toMatchObject(missing)
  await expect(store.put('a', one, { ifAbsent: true })).rejects.toMatchObject(missing)
  await expect(store.delete('a')).rejects.toMatchObject(missing)
  await expect(store.list('')[Symbol.asyncIterator]().next()).rejects.toMatchObject(missing)
})

test('missing credentials are named as what to mend', async () => {
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_PROFILE']) vi.stubEnv(name, undefined)
  for (const name of ['AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE']) vi.stubEnv(name, '/nonexistent')
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true')
  onTestFinished(() => {
    vi.unstubAllEnvs()
  })
  const message = expect.stringContaining('no credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY')
  await expect(open('artifacts').get('a')).rejects.toMatchObject({ code: 'denied', message })
})

test('credentials that the server refuses are named as what to mend', async () => {
  // From here on the server checks signatures, and knows nobody.
  const reset = await fetch(`${server.endpoint}/moto-api/reset-auth`, { method: 'POST', body: '0' })
  expect(reset.status).toBe(200)
  const message = expect.stringMatching(/refused \(InvalidAccessKeyId\); the credentials need s3:GetObject/)
  await expect(open('artifacts').get('a')).rejects.toMatchObject({ code: 'denied', message, retryable: false })
})
