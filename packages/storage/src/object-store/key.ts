import { StorageError } from './object-store.ts'

/** S3 allows 1,024 bytes with the store's own prefix; a file name takes 255. */
const keyLengthMax = 512
const segmentLengthMax = 255
const segment = /^[A-Za-z0-9._-]+$/

/** Segments of letters, digits, '.', '_', '-': nothing that a file system, a URL or a shell reads as something else. */
export function isKey(key: string): boolean {
  return key.length <= keyLengthMax && key.split('/').every(isSegment)
}

export function checkKey(key: string): void {
  if (!isKey(key)) {
    throw new StorageError(
      'invalid_key',
      `${JSON.stringify(key)} is not a key: segments of A-Z a-z 0-9 . _ - and slashes`,
    )
  }
}

/** A prefix is the beginning of a key; '' is that of all keys. */
export function checkPrefix(prefix: string): void {
  const segments = prefix.split('/')
  const last = segments.pop() ?? ''
  const partial = last === '' || (last.length <= segmentLengthMax && segment.test(last))
  if (prefix.length > keyLengthMax || !partial || !segments.every(isSegment)) {
    throw new StorageError('invalid_key', `${JSON.stringify(prefix)} is not the beginning of a key`)
  }
}

const isSegment = (text: string) =>
  text.length <= segmentLengthMax && segment.test(text) && text !== '.' && text !== '..'
