import type { S3Client } from '@aws-sdk/client-s3'

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

export interface Connection {
  readonly sdk: typeof import('@aws-sdk/client-s3')
  readonly client: S3Client
}

/** The SDK takes 0.1 s and 20 MB to load, which a process that stores in a folder need not pay. */
export async function connect(options: S3Options): Promise<Connection> {
  const sdk = await import('@aws-sdk/client-s3')
  return { sdk, client: newClient(sdk, options) }
}

function newClient(sdk: Connection['sdk'], { endpoint, region, forcePathStyle }: S3Options) {
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
