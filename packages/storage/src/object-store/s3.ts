import { setTimeout as delay } from 'node:timers/promises'
import type { S3Client } from '@aws-sdk/client-s3'
import { checkKey, checkPrefix, isKey } from './key.ts'
import { type ObjectStore, StorageError, type StoredObject } from './object-store.ts'
import { namesOf, s3Failure, statusOf } from './s3-error.ts'

export interface S3Options {
  readonly bucket: string
  /** '' or a path that ends with a slash. */
  readonly prefix: string
  /** A server other than AWS. */
  readonly endpoint?: string
  readonly region?: string
  /** The bucket in the path instead of the host name. */
  readonly forcePathStyle: boolean
  /** Objects per answer to a listing; servers give 1,000 at most. */
  readonly listPageSize?: number
}

type Sdk = typeof import('@aws-sdk/client-s3')

const unlessExists = { IfNoneMatch: '*' } as const

/** How often a conditional write is repeated that collides with another one. */
const conflictsMax = 5

/**
 * Objects in a bucket of AWS S3 or a server that speaks its API.
 *
 * `ifAbsent` is `If-None-Match: *`; the server decides who was first. Credentials come from the environment, as the
 * AWS SDK finds them.
 */
export class S3ObjectStore implements ObjectStore {
  #connected: Promise<{ sdk: Sdk; client: S3Client }> | undefined
  readonly #options: S3Options
  #conditional = false

  constructor(options: S3Options) {
    this.#options = options
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    try {
      const { sdk, client } = await this.#connect()
      const { Body } = await client.send(new sdk.GetObjectCommand(this.#address(key)))
      return await Body?.transformToByteArray()
    } catch (error) {
      if (namesOf(error).includes('NoSuchKey')) return undefined
      throw this.#failure(error)
    }
  }

  async put(key: string, bytes: Uint8Array, options: { ifAbsent?: boolean } = {}): Promise<'written' | 'exists'> {
    if (!options.ifAbsent) {
      await this.#write(key, bytes, {})
      return 'written'
    }
    const { taken, attempts } = await this.#write(key, bytes, unlessExists)
    if (taken) {
      this.#conditional = true
      // The answer to the first attempt may have been lost: then the object that exists is ours.
      const ours = attempts > 1 && Buffer.from((await this.get(key)) ?? []).equals(bytes)
      return ours ? 'written' : 'exists'
    }
    if (!this.#conditional) await this.#proveConditional(key, bytes)
    return 'written'
  }

  async *list(prefix: string): AsyncIterable<StoredObject> {
    checkPrefix(prefix)
    const { bucket, prefix: root, listPageSize } = this.#options
    const { sdk, client } = await this.#connect()
    const pages = sdk.paginateListObjectsV2(
      { client, ...(listPageSize ? { pageSize: listPageSize } : {}) },
      { Bucket: bucket, Prefix: root + prefix },
    )
    try {
      for await (const { Contents = [] } of pages) {
        for (const { Key = '', Size = 0 } of Contents) {
          const key = Key.slice(root.length)
          // What else is in the bucket (folder markers of consoles, for one) was not put here.
          if (isKey(key)) yield { key, bytes: Size }
        }
      }
    } catch (error) {
      throw this.#failure(error)
    }
  }

  async delete(key: string): Promise<void> {
    try {
      const { sdk, client } = await this.#connect()
      await client.send(new sdk.DeleteObjectCommand(this.#address(key)))
    } catch (error) {
      throw this.#failure(error)
    }
  }

  /**
   * Once per store, after its first conditional write: a server that ignores the condition would let any writer replace
   * what must never change. The same bytes again do no harm, and must be refused.
   */
  async #proveConditional(key: string, bytes: Uint8Array): Promise<void> {
    const { taken } = await this.#write(key, bytes, unlessExists)
    if (!taken) {
      const message = `${this.#name} ignores If-None-Match: use a server with conditional writes`
      throw new StorageError('unsupported', message)
    }
    this.#conditional = true
  }

  /** `taken`: the condition did not hold. `attempts` are those of the SDK, which repeats what was not answered. */
  async #write(key: string, bytes: Uint8Array, condition: { IfNoneMatch?: '*' }) {
    const request = { ...this.#address(key), Body: bytes, ContentLength: bytes.length, ...condition }
    const { sdk, client } = await this.#connect()
    for (let conflicts = 0; ; conflicts += 1) {
      try {
        const { $metadata } = await client.send(new sdk.PutObjectCommand(request))
        return { taken: false, attempts: $metadata.attempts ?? 1 }
      } catch (error) {
        const { status, attempts } = statusOf(error)
        if (condition.IfNoneMatch && status === 412) return { taken: true, attempts }
        if (!condition.IfNoneMatch || status !== 409 || conflicts === conflictsMax) throw this.#failure(error)
        // Another conditional write of this key was under way. Who won shows at the next attempt.
        await delay(20 * 2 ** conflicts)
      }
    }
  }

  /** The SDK takes 0.1 s and 20 MB to load, which a process that stores in a folder need not pay. */
  #connect(): Promise<{ sdk: Sdk; client: S3Client }> {
    this.#connected ??= import('@aws-sdk/client-s3').then((sdk) => ({ sdk, client: newClient(sdk, this.#options) }))
    return this.#connected
  }

  #address(key: string): { Bucket: string; Key: string } {
    checkKey(key)
    return { Bucket: this.#options.bucket, Key: this.#options.prefix + key }
  }

  get #name(): string {
    const { bucket, endpoint } = this.#options
    return endpoint ? `s3://${bucket} at ${endpoint}` : `s3://${bucket}`
  }

  #failure(error: unknown): StorageError {
    return error instanceof StorageError ? error : s3Failure(this.#name, error)
  }
}

function newClient(sdk: Sdk, { endpoint, region, forcePathStyle }: S3Options): S3Client {
  return new sdk.S3Client({
    ...(endpoint ? { endpoint } : {}),
    ...(region ? { region } : {}),
    forcePathStyle,
    // The SDK would add CRC32 trailers in a chunked encoding that many servers refuse. A signed request already
    // carries the SHA-256 of its body.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: 5_000, requestTimeout: 60_000, throwOnRequestTimeout: true },
  })
}
