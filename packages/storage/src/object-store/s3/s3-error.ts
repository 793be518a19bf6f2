import { z } from 'zod'
import { StorageError } from '../object-store.ts'

/** An answer of the server, or of the SDK on the way to it, as one that says what to mend. */
export function s3Failure(store: string, error: unknown): StorageError {
  const names = namesOf(error)
  const { status } = statusOf(error)
  const is = (...known: string[]) => known.some((name) => names.includes(name))
  const options = { cause: error }
  if (is('NoSuchBucket')) return new StorageError('missing_bucket', `${store}: no such bucket; create it`, options)
  if (is('CredentialsProviderError', 'CredentialsError')) {
    const message = `${store}: no credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile or role`
    return new StorageError('denied', message, options)
  }
  if (status === 401 || status === 403) {
    const message = `${store}: refused (${names[0]}); the credentials need s3:GetObject, s3:PutObject, s3:DeleteObject, s3:AbortMultipartUpload and s3:ListBucket`
    return new StorageError('denied', message, options)
  }
  if (status === 301 || is('PermanentRedirect', 'AuthorizationHeaderMalformed')) {
    return new StorageError('failed', `${store}: the bucket is in another region; set ?region=`, options)
  }
  if (status === 501)
    return new StorageError('unsupported', `${store}: the server lacks a feature (${names[0]})`, options)
  if (status === undefined || status === 429 || status >= 500) {
    return new StorageError('unreachable', `${store}: no answer (${names.join(', ')})`, options)
  }
  return new StorageError('failed', `${store}: ${names[0]} (HTTP ${status})`, options)
}

/** What the error and its causes call themselves: S3's code, the SDK's class, Node's errno. */
export function namesOf(error: unknown): string[] {
  if (!(error instanceof Error)) return []
  const code = 'code' in error && typeof error.code === 'string' ? [error.code] : []
  const inner = error instanceof AggregateError ? error.errors : [error.cause]
  return [...new Set([error.name, ...code, ...inner.flatMap(namesOf)])]
}

/** `attempts` counts the SDK's own. */
export function statusOf(error: unknown): { status: number | undefined; attempts: number } {
  const { data } = answer.safeParse(error)
  return { status: data?.$metadata.httpStatusCode, attempts: data?.$metadata.attempts ?? 1 }
}

/** What the SDK adds to each of its errors. */
const answer = z.object({
  $metadata: z.object({ httpStatusCode: z.number().optional(), attempts: z.number().optional() }),
})
