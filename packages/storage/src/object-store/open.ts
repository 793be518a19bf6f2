import { isAbsolute } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { FileSystemObjectStore } from './file-system/file-system.ts'
import { isKey } from './key.ts'
import { type ObjectStore, StorageError } from './object-store.ts'
import type { S3Options } from './s3/connection.ts'
import { S3ObjectStore } from './s3/s3.ts'

const parameters = z.strictObject({
  endpoint: z.url({ protocol: /^https?$/ }).optional(),
  region: z.string().min(1).optional(),
  forcePathStyle: z.enum(['true', 'false']).optional(),
})

/**
 * `file:///folder`, or `s3://bucket/prefix?endpoint=…&region=…&forcePathStyle=true`.
 *
 * Nothing is contacted yet. Throws StorageError `invalid_url`, saying what to mend.
 */
export function openObjectStore(url: string): ObjectStore {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (parsed?.protocol === 'file:') return new FileSystemObjectStore(folderOf(parsed))
  if (parsed?.protocol === 's3:') return new S3ObjectStore(s3Options(parsed))
  throw new StorageError('invalid_url', `object store ${shown(url)}: write file:///folder or s3://bucket/prefix`)
}

function folderOf(url: URL): string {
  if (url.host !== '') throw invalid(url, 'a folder has three slashes: file:///folder')
  if (url.search !== '') throw invalid(url, 'a folder takes no parameters')
  const folder = fileURLToPath(url).replace(/\/+$/, '')
  if (!isAbsolute(folder)) throw invalid(url, 'name a folder below the root of the file system')
  return folder
}

/** Exported for tests. */
export function s3Options(url: URL): S3Options {
  if (url.username !== '' || url.password !== '') {
    throw invalid(url, 'credentials belong in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY')
  }
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(url.hostname) || url.port !== '') {
    throw invalid(url, 'name a bucket: 3 to 63 of a-z 0-9 . -')
  }
  const path = url.pathname.replace(/^\/|\/$/g, '')
  if (path !== '' && !isKey(path)) throw invalid(url, 'the prefix is not a key')
  const result = parameters.safeParse(Object.fromEntries(url.searchParams))
  if (!result.success) {
    const issue = result.error.issues[0]
    throw invalid(url, `${issue?.path.join('.') ?? ''} ${issue?.message ?? 'is malformed'}`.trim())
  }
  const { endpoint, forcePathStyle } = result.data
  // Other servers ignore the region, but a request can't be signed without one.
  const region =
    result.data.region ?? process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION ?? (endpoint && 'us-east-1')
  return {
    bucket: url.hostname,
    prefix: path === '' ? '' : `${path}/`,
    forcePathStyle: forcePathStyle === 'true',
    ...(endpoint ? { endpoint } : {}),
    ...(region ? { region } : {}),
  }
}

const invalid = (url: URL, reason: string) =>
  new StorageError('invalid_url', `object store ${shown(url.href)}: ${reason}`)

/** Without what may be a secret. */
const shown = (url: string) => JSON.stringify(url.replace(/\/\/[^/@]*@/, '//…@'))
