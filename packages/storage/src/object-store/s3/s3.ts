import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { PutObjectCommandInput } from '@aws-sdk/client-s3'
import { checkKey, checkPrefix, isKey } from '../key.ts'
import { type ObjectStore, StorageError, type StoredObject } from '../object-store.ts'
import { sha256 } from '../sha256.ts'
import { type Connection, connect, type S3Options } from './connection.ts'
import { abortAbandoned, partsAboveBytes, putInParts } from './parts.ts'
import { namesOf, s3Failure, statusOf } from './s3-error.ts'

const unlessExists = { IfNoneMatch: '*' } as const

/** How often a conditional write is repeated that collides with another one. */
const conflictsMax = 5

/** What was changed on the way is read right the second time; what is wrong in the store is not. */
const readsMax = 2

/**
 * Objects in a bucket of AWS S3 or a server that speaks its API.
 *
 * `ifAbsent` is `If-None-Match: *`; the server decides who was first. Each object carries the SHA-256 of its bytes as
 * metadata, which every server keeps; S3's own checksums are of the parts where an object came in parts, and many
 * servers lack them. What others put without it is taken as it is. Credentials come from the environment, as the AWS SDK
 * finds them.
 */
export class S3ObjectStore implements ObjectStore {
  #connected: Promise<Connection> | undefined
  readonly #options: S3Options
  readonly #clock: () => number
  /** The ways of writing whose condition the server is known to keep. */
  readonly #conditional = new Set<'whole' | 'parts'>()
  #swept = false

  constructor(options: S3Options, clock: () => number = Date.now) {
    this.#options = options
    this.#clock = clock
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    for (let read = 1; ; read += 1) {
      const { bytes, checksum } = await this.#read(key)
      if (!bytes || checksum === undefined || (await sha256(bytes)) === checksum) return bytes
      if (read === readsMax) {
        throw new StorageError('corrupt', `${this.#name}: the bytes of ${key} are not those that were put`)
      }
    }
  }

  async put(key: string, bytes: Uint8Array, options: { ifAbsent?: boolean } = {}): Promise<'written' | 'exists'> {
    const address = this.#address(key)
    const writer = randomUUID()
    const Metadata = { sha256: await sha256(bytes), writer }
    const object = { ...address, Body: bytes, ContentLength: bytes.length, Metadata }
    const way = bytes.length > partsAboveBytes ? 'parts' : 'whole'
    if (way === 'parts') await this.#sweep()
    if (!options.ifAbsent) {
      await this.#write(object, way)
      return 'written'
    }
    const { taken, attempts } = await this.#write({ ...object, ...unlessExists }, way)
    if (taken) {
      this.#conditional.add(way)
      // The answer to the first attempt may have been lost: then the object that exists is ours.
      return attempts > 1 && (await this.#writerOf(key)) === writer ? 'written' : 'exists'
    }
    if (!this.#conditional.has(way)) await this.#proveConditional(object, way)
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
        for (const { Key = '', Size = 0, LastModified } of Contents) {
          const key = Key.slice(root.length)
          // What else is in the bucket (folder markers of consoles, for one) was not put here.
          // Of unknown age is never old enough to go.
          const writtenMs = LastModified?.getTime() ?? Number.POSITIVE_INFINITY
          if (isKey(key)) yield { key, bytes: Size, writtenMs }
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

  async #read(key: string): Promise<{ bytes?: Uint8Array | undefined; checksum?: string | undefined }> {
    try {
      const { sdk, client } = await this.#connect()
      const { Body, Metadata } = await client.send(new sdk.GetObjectCommand(this.#address(key)))
      return { bytes: await Body?.transformToByteArray(), checksum: Metadata?.sha256 }
    } catch (error) {
      if (namesOf(error).includes('NoSuchKey')) return {}
      throw this.#failure(error)
    }
  }

  async #writerOf(key: string): Promise<string | undefined> {
    try {
      const { sdk, client } = await this.#connect()
      return (await client.send(new sdk.HeadObjectCommand(this.#address(key)))).Metadata?.writer
    } catch (error) {
      if (namesOf(error).includes('NotFound')) return undefined
      throw this.#failure(error)
    }
  }

  /**
   * Once per store, after its first conditional write of a kind: a server that ignores the condition would let any writer
   * replace what must never change. The same bytes again do no harm, and must be refused.
   */
  async #proveConditional(object: PutObjectCommandInput, way: 'whole' | 'parts'): Promise<void> {
    const { taken } = await this.#write({ ...object, ...unlessExists }, way)
    if (!taken) {
      const what = way === 'parts' ? 'If-None-Match at the end of an upload in parts' : 'If-None-Match'
      throw new StorageError('unsupported', `${this.#name} ignores ${what}: use a server with conditional writes`)
    }
    this.#conditional.add(way)
  }

  /** `taken`: the condition did not hold. `attempts` are those of the SDK, which repeats what was not answered. */
  async #write(object: PutObjectCommandInput, way: 'whole' | 'parts'): Promise<{ taken: boolean; attempts: number }> {
    const connection = await this.#connect()
    for (let conflicts = 0; ; conflicts += 1) {
      try {
        if (way === 'parts') await putInParts(connection, object)
        else await connection.client.send(new connection.sdk.PutObjectCommand(object))
        return { taken: false, attempts: 1 }
      } catch (error) {
        const { status, attempts } = statusOf(error)
        if (object.IfNoneMatch && status === 412) return { taken: true, attempts }
        // An upload that an unanswered attempt completed is no upload any more.
        if (attempts > 1 && namesOf(error).includes('NoSuchUpload')) return { taken: true, attempts }
        if (!object.IfNoneMatch || status !== 409 || conflicts === conflictsMax) throw this.#failure(error)
        // Another conditional write of this key was under way. Who won shows at the next attempt.
        await delay(20 * 2 ** conflicts)
      }
    }
  }

  /** Once per store: what killed writers left. Credentials need not allow it, since a lifecycle rule can do it too. */
  async #sweep(): Promise<void> {
    if (this.#swept) return
    this.#swept = true
    await abortAbandoned(await this.#connect(), this.#options, this.#clock()).catch(() => {})
  }

  #connect(): Promise<Connection> {
    this.#connected ??= connect(this.#options)
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
