import { setImmediate as nextTick } from 'node:timers/promises'
import {
  decodeSafetensors,
  elements,
  encodeSafetensors,
  fromFloat32,
  type SafeTensor,
  SafetensorsError,
  tensorOf,
  toFloat32,
} from '@foretoken/storage'
import type { ParameterTable } from './shape.ts'

/** Trained values by parameter name, in full precision. */
export type Parameters = ReadonlyMap<string, Float32Array>

/** A draft or an adapter that can't be used; `message` says why, without a file's contents. */
export class DraftError extends Error {
  override readonly name = 'DraftError'
}

/** One safetensors file in half precision, with the token ids that it adds to the draft's vocabulary. */
export function encodeParameters(table: ParameterTable, values: Parameters, tokens: Int32Array): Uint8Array {
  const tensors: Record<string, SafeTensor> = { tokens: tensorOf('I32', [tokens.length], tokens) }
  for (const [name, { shape }] of Object.entries(table)) {
    const data = values.get(name)
    if (!data) throw new DraftError(`parameter ${name} is missing`)
    tensors[name] = fromFloat32(data, shape, 'F16')
  }
  return encodeSafetensors(tensors)
}

interface Decoded {
  readonly values: Parameters
  readonly tokens: Int32Array
}

/**
 * Reads what `encodeParameters` wrote, from a stranger's bytes: all parameters and no others, in the table's shapes,
 * each number finite.
 *
 * Throws DraftError.
 */
export function decodeParameters(bytes: Uint8Array, table: ParameterTable): Decoded {
  const { tokens, parameters } = pieces(bytes, table)
  return { values: new Map(parameters), tokens }
}

/** How long a reader keeps the thread from a step that waits. */
const PIECE_MS = 1

/** The same, some parameters at a time, with turns for others between them. Rejects with DraftError. */
export async function decodeParametersAsync(bytes: Uint8Array, table: ParameterTable): Promise<Decoded> {
  const { tokens, parameters } = pieces(bytes, table)
  const values = new Map<string, Float32Array>()
  let since = performance.now()
  for (const [name, data] of parameters) {
    values.set(name, data)
    if (performance.now() - since < PIECE_MS) continue
    await nextTick()
    since = performance.now()
  }
  await nextTick()
  return { values, tokens }
}

function pieces(bytes: Uint8Array, table: ParameterTable) {
  const tensors = open(bytes)
  for (const name of tensors.keys()) {
    if (!Object.hasOwn(table, name) && name !== 'tokens') throw new DraftError(`parameter ${name} is unknown`)
  }
  const tokens = tensors.get('tokens')
  if (tokens?.dtype !== 'I32' || tokens.shape.length !== 1) throw new DraftError('the list of tokens is missing')
  return { tokens: elements(tokens, Int32Array), parameters: parametersOf(tensors, table) }
}

function* parametersOf(tensors: ReadonlyMap<string, SafeTensor>, table: ParameterTable) {
  for (const [name, { shape }] of Object.entries(table)) {
    const tensor = tensors.get(name)
    if (!tensor) throw new DraftError(`parameter ${name} is missing`)
    if (tensor.shape.join() !== shape.join()) {
      throw new DraftError(`parameter ${name} is [${tensor.shape.join(', ')}], expected [${shape.join(', ')}]`)
    }
    const data = floats(name, tensor)
    if (!data.every(Number.isFinite)) throw new DraftError(`parameter ${name} holds numbers that are not finite`)
    yield [name, data] as const
  }
}

function open(bytes: Uint8Array): ReadonlyMap<string, SafeTensor> {
  try {
    return decodeSafetensors(bytes).tensors
  } catch (error) {
    if (error instanceof SafetensorsError) throw new DraftError(`not a whole safetensors file: ${error.message}`)
    throw error
  }
}

function floats(name: string, tensor: SafeTensor): Float32Array {
  if (tensor.dtype !== 'F16' && tensor.dtype !== 'F32') throw new DraftError(`parameter ${name} is ${tensor.dtype}`)
  return toFloat32(tensor)
}

export function valuesOf(parameters: Parameters, name: string): Float32Array {
  const data = parameters.get(name)
  if (!data) throw new DraftError(`parameter ${name} is missing`)
  return data
}
