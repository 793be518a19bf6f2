import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { meddlingProxy } from '../testing/meddling-proxy.ts'
import { objectStoreConformance } from '../testing/object-store-conformance.ts'
import { type S3Server, SIGNED, startS3Server } from '../testing/s3-server/start.ts'
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
objectStoreConformance('S3', async () => [open('artifacts', 'tests/'), open('artifacts', 'tests/')])

const one = Uint8Array.of(1)

test('a prefix keeps stores in one bucket apart', async () => {
  const [ours, theirs] = [open('artifacts', 'ours/'), open('artifacts', 'theirs/')]
  await ours.put('a/b', one)
  expect(await theirs.get('a/b')).toBeUndefined()
  expect(await theirs.list('')[Symbol.asyncIterator]().next()).toEqual({ done: true, value: undefined })
  expect(await ours.list('')[Symbol.asyncIterator]().next()).toEqual({ done: false, value: { key: 'a/b', bytes: 1 } })
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
