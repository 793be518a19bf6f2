import type { ListMultipartUploadsCommandOutput, PutObjectCommandInput } from '@aws-sdk/client-s3'
import type { Connection } from './connection.ts'

/** Above it an object goes in parts, so that a connection that breaks costs one of them and not all. */
export const partsAboveBytes = 16 << 20
const partBytes = 8 << 20

/** An upload this old has lost its writer. */
const abandonedAfterMs = 24 * 3_600_000

/**
 * Writes one object in parts: nobody sees it before the last step, which is the one that a condition applies to. An
 * upload that fails is aborted, and its parts go.
 */
export async function putInParts({ client }: Connection, object: PutObjectCommandInput): Promise<void> {
  const { Upload } = await import('@aws-sdk/lib-storage')
  await new Upload({ client, params: object, partSize: partBytes }).done()
}

/** Aborts the uploads that writers left behind that were killed: their parts cost money and show in no listing. */
export async function abortAbandoned(
  { sdk, client }: Connection,
  { bucket, prefix }: { readonly bucket: string; readonly prefix: string },
  nowMs: number,
): Promise<void> {
  let page: ListMultipartUploadsCommandOutput | undefined
  do {
    const markers = { KeyMarker: page?.NextKeyMarker, UploadIdMarker: page?.NextUploadIdMarker }
    page = await client.send(new sdk.ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix, ...markers }))
    for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
      if (!Initiated || nowMs - Initiated.getTime() <= abandonedAfterMs) continue
      await client.send(new sdk.AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId }))
    }
  } while (page.IsTruncated && page.NextKeyMarker !== undefined)
}
