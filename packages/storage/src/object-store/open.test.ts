import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import { FileSystemObjectStore } from './file-system/file-system.ts'
import { openObjectStore, s3Options } from './open.ts'
import { S3ObjectStore } from './s3/s3.ts'

afterEach(() => vi.unstubAllEnvs())

test('a file URL opens that folder, made at the first put', async () => {
  const parent = await mkdtemp(join(tmpdir(), 'foretoken storage '))
  onTestFinished(() => rm(parent, { recursive: true }))
  const folder = join(parent, 'not yet')
  await openObjectStore(`${pathToFileURL(folder)}/`).put('a/b', Uint8Array.of(7))
  expect(await new FileSystemObjectStore(folder).get('a/b')).toEqual(Uint8Array.of(7))
})

test('an S3 URL says bucket, prefix, server, region and addressing', () => {
  vi.stubEnv('AWS_REGION', undefined)
  vi.stubEnv('AWS_DEFAULT_REGION', undefined)
  const query = '?endpoint=http://127.0.0.1:9000&region=eu-1&forcePathStyle=true'
  expect(s3Options(new URL(`s3://artifacts/fore/token/${query}`))).toEqual({
    bucket: 'artifacts',
    prefix: 'fore/token/',
    endpoint: 'http://127.0.0.1:9000',
    region: 'eu-1',
    forcePathStyle: true,
  })
  expect(s3Options(new URL('s3://artifacts'))).toEqual({ bucket: 'artifacts', prefix: '', forcePathStyle: false })
  expect(s3Options(new URL('s3://artifacts?endpoint=https://s3.example.com'))).toMatchObject({ region: 'us-east-1' })
  vi.stubEnv('AWS_REGION', 'eu-central-1')
  expect(s3Options(new URL('s3://artifacts'))).toMatchObject({ region: 'eu-central-1' })
  expect(openObjectStore('s3://artifacts')).toBeInstanceOf(S3ObjectStore)
})

test.each([
  ['./data', 'object store "./data": write file:///folder or s3://bucket/prefix'],
  ['https://s3.example.com/artifacts', 'write file:///folder or s3://bucket/prefix'],
  ['file://data/artifacts', 'a folder has three slashes: file:///folder'],
  ['file:///data?region=eu', 'a folder takes no parameters'],
  ['file:///', 'name a folder below the root of the file system'],
  ['s3:///prefix', 'name a bucket: 3 to 63 of a-z 0-9 . -'],
  ['s3://My_Bucket', 'name a bucket: 3 to 63 of a-z 0-9 . -'],
  ['s3://artifacts:9000/', 'name a bucket: 3 to 63 of a-z 0-9 . -'],
  ['s3://artifacts/a//b', 'the prefix is not a key'],
  ['s3://artifacts?endpoint=127.0.0.1:9000', 'endpoint Invalid URL'],
  ['s3://artifacts?forcePathStyle=yes', 'forcePathStyle Invalid option: expected one of "true"|"false"'],
  ['s3://artifacts?regoin=eu', 'Unrecognized key: "regoin"'],
  ['s3://id:secret@artifacts', 'credentials belong in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY'],
])('%s is refused with what to write instead', (url, reason) => {
  const message = expect.stringMatching(/^object store "/)
  expect(() => openObjectStore(url)).toThrow(expect.objectContaining({ code: 'invalid_url', message }))
  expect(() => openObjectStore(url)).toThrow(reason)
  expect(() => openObjectStore(url)).not.toThrow('secret')
})
