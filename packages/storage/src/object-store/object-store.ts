/**
 * Blobs by key.
 *
 * A key is segments of [A-Za-z0-9._-] with slashes between them ('adapters/ten_1/model.safetensors'). No key may be the
 * folder of another ('a' beside 'a/b'): S3 could hold both, a file system can't.
 * Every method throws StorageError for a key outside that grammar, and for a store that does not answer as it should.
 */
export interface ObjectStore {
  /**
   * The object's bytes, the caller's to keep; undefined when the key is free. Throws StorageError `corrupt` rather than
   * return other bytes than were put.
   */
  get(key: string): Promise<Uint8Array | undefined>
  /**
   * Whole or not at all: no reader ever sees a part. `ifAbsent` writes once: 'exists' when the key was taken, and then
   * nothing was written; of any number of writers at the same time exactly one is told 'written'.
   */
  put(key: string, bytes: Uint8Array, options?: { ifAbsent?: boolean }): Promise<'written' | 'exists'>
  /** All keys that begin with `prefix`, in key order; end it with a slash to mean a folder. */
  list(prefix: string): AsyncIterable<StoredObject>
  /** A missing key is fine. */
  delete(key: string): Promise<void>
}

export interface StoredObject {
  readonly key: string
  readonly bytes: number
  /** When it was put, in Unix milliseconds of whoever keeps it: a server's clock may be minutes off. */
  readonly writtenMs: number
}

/**
 * `invalid_key` and `invalid_url` are the caller's to mend; `denied` and `missing_bucket` the operator's; `unreachable`,
 * which a full disk is too, may pass; `unsupported` is a server that can't keep the port's promises; `corrupt` is an
 * object that does not match its checksum; `failed` is anything else.
 *
 * `corrupt` does not pass: what a network changed, the store has read again before it says so.
 */
export type StorageErrorCode =
  | 'invalid_key'
  | 'invalid_url'
  | 'denied'
  | 'missing_bucket'
  | 'unreachable'
  | 'unsupported'
  | 'corrupt'
  | 'failed'

export class StorageError extends Error {
  override readonly name = 'StorageError'
  readonly code: StorageErrorCode

  constructor(code: StorageErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }

  /** Whether the same call may succeed later without anybody mending anything. */
  get retryable(): boolean {
    return this.code === 'unreachable'
  }
}
