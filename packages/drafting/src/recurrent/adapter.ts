import { createHash, webcrypto } from 'node:crypto'
import type { DraftBase } from './parts.ts'
import { adapterParameters, type DraftShape, type ParameterSpec } from './shape.ts'
import { DraftError, decodeParametersAsync, type Parameters } from './tensors.ts'
import type { DraftVocabulary } from './vocabulary.ts'

/**
 * A tenant's adapter, ready to draft with; what it looks like inside is the business of who computes chains. Immutable.
 */
export interface Adapter {
  /** Its version, for statistics. */
  readonly id: string
  /** The draft's tokens and the tenant's after them. */
  readonly vocabulary: DraftVocabulary
  /** What it holds in memory while it is loaded. */
  readonly bytes: number
}

/** SHA-256 of an artifact's bytes, in hex. */
export function contentHash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** The same without keeping the thread from a step that waits. */
export async function contentHashAsync(bytes: Uint8Array): Promise<string> {
  if (bytes.length < WORTH_A_THREAD) return contentHash(bytes)
  return Buffer.from(await webcrypto.subtle.digest('SHA-256', bytes)).toString('hex')
}

/** Half a millisecond of hashing takes some 600 KB. */
const WORTH_A_THREAD = 64 << 10

export interface AdapterSource {
  readonly id: string
  /** adapter_model.safetensors */
  readonly bytes: Uint8Array
}

export interface AdapterValues {
  readonly values: Parameters
  readonly hotTokens: Int32Array
}

/**
 * Beside serving. Rejects with DraftError for anything but a whole adapter of the draft's own shape with finite
 * numbers.
 */
export async function decodeAdapter(bytes: Uint8Array, { parts }: DraftBase): Promise<AdapterValues> {
  const { values, tokens } = await decodeParametersAsync(bytes, adapterParameters(parts.shape))
  const { hotSize } = parts.shape.adapter
  if (tokens.length > hotSize) throw new DraftError(`${tokens.length} hot tokens, at most ${hotSize}`)
  return { values, hotTokens: tokens }
}

/** A logit so low that the token is never chosen, and finite, so that no softmax meets a NaN. */
export const CLOSED_LOGIT = -1e9

/** One that changes nothing. */
export function emptyAdapter(shape: DraftShape): AdapterValues {
  const zeros = Object.entries<ParameterSpec>(adapterParameters(shape)).map(([name, spec]) => {
    const size = spec.shape.reduce((product, length) => product * length, 1)
    return [name, new Float32Array(size)] as const
  })
  return { values: new Map(zeros), hotTokens: new Int32Array() }
}
