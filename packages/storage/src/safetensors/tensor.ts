import { SafetensorsError } from './error.ts'
import { checkBytes, type Dtype, tensorBytes } from './header.ts'

/** Little-endian elements, the last dimension running fastest. */
export interface SafeTensor<D extends Dtype = Dtype> {
  readonly dtype: D
  readonly shape: readonly number[]
  readonly data: Uint8Array
}

interface ArrayKind<T> {
  readonly BYTES_PER_ELEMENT: number
  new (buffer: ArrayBufferLike, offset: number, length: number): T
}

/** The array's memory as a tensor; nothing is copied. Throws SafetensorsError when shape and length disagree. */
export function tensorOf<D extends Dtype>(dtype: D, shape: readonly number[], values: ArrayBufferView): SafeTensor<D> {
  checkBytes(undefined, dtype, shape, values.byteLength)
  return { dtype, shape, data: new Uint8Array(values.buffer, values.byteOffset, values.byteLength) }
}

/**
 * The tensor's elements as a typed array: `elements(tensor, Int32Array)`.
 *
 * A view of `tensor.data` where it is aligned, else a copy. The array's kind is the caller's choice, so that 'F16' can
 * be read as Uint16Array; only its element size must fit.
 */
export function elements<T>(tensor: SafeTensor, kind: ArrayKind<T>): T {
  const { dtype, shape } = tensor
  const size = kind.BYTES_PER_ELEMENT
  checkBytes(undefined, dtype, shape, tensor.data.byteLength)
  if (tensorBytes(dtype, [1]) !== size)
    throw new SafetensorsError(undefined, `${dtype} elements are not of ${size} bytes`)
  const data = tensor.data.byteOffset % size === 0 ? tensor.data : tensor.data.slice()
  return new kind(data.buffer, data.byteOffset, data.byteLength / size)
}
